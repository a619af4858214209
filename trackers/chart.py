"""What the chart of a tracker draws: the stock that counts, day by day, and when it runs out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from inventory_ops.models import InventoryEvent, StockBalance
from trackers.mechanisms import MECHANISMS
from trackers.models import Tracker
from trackers.queries import Reading, today_of


@dataclass(frozen=True, slots=True)
class Series:
    """The chart of a tracker: the stock that counts and the threshold a day, the projection to zero.

    `stock` is None before the first day that anything is known of.
    """

    days: list[str]
    stock: list[int | None]
    threshold: float | None
    runs_out_on: date | None


def stock_series(*, tracker: Tracker, reading: Reading, days: int) -> Series:
    """Stock at the end of each of the last `days` days, read backwards from today's level, as the rule counts it.

    A rule with an expiry counts on each day what had more shelf life left than that. What a later import taught is
    not taken for a movement; orders that were loaded as history move no stock.
    """
    levels, moved = _levels(tracker), _movements(tracker, today=reading.today, days=days)
    since = _known_since(tracker)
    labels: list[str] = []
    stock: list[int | None] = []
    for back in range(days):
        day = reading.today - timedelta(days=back)
        labels.append(day.isoformat())
        known = since is not None and day >= since
        stock.append(sum(n for expires_on, n in levels.items() if _counts(tracker, expires_on, day)) if known else None)
        for expires_on, quantity in moved.get(day, ()):
            levels[expires_on] = levels.get(expires_on, 0) - quantity
    runs_out = None
    if reading.daily and MECHANISMS[tracker.mechanism].counts_stock:
        left = int(Decimal(max(reading.value, 0)) / reading.daily)
        if left <= 3650:
            runs_out = reading.today + timedelta(days=left)
    threshold = float(reading.threshold) if reading.threshold is not None else None
    return Series(labels[::-1], stock[::-1], threshold, runs_out)


def _counts(tracker: Tracker, expires_on: date | None, day: date) -> bool:
    if tracker.expiry_days is None or expires_on is None:
        return True
    return expires_on > day + timedelta(days=tracker.expiry_days)


def _levels(tracker: Tracker) -> dict[date | None, int]:
    """Units on hand now, by the day they expire on."""
    rows = StockBalance.objects.filter(product=tracker.product_id, inventory_type=tracker.inventory_type_id)
    return dict(rows.values_list("expires_on").annotate(units=Sum("on_hand")))


def _movements(tracker: Tracker, *, today: date, days: int) -> dict[date, list[tuple[date | None, int]]]:
    """By day of the merchant: (expiry, units moved)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select (e.occurred_at at time zone %(zone)s)::date, b.expires_on, sum(e.quantity)
            from inventory_ops_inventoryevent e join inventory_ops_stockbalance b on b.id = e.balance_id
            where e.product_id = %(product)s and e.inventory_type_id = %(type)s
              and e.kind not in ('allocated', 'released', 'imported')
              and e.occurred_at >= (%(today)s::date - %(days)s)::timestamp at time zone %(zone)s
              and e.recorded_at >= (%(today)s::date - %(days)s - 2)::timestamp at time zone %(zone)s
              -- what occurs is recorded a day early at most
            group by 1, 2
            """,
            {
                "zone": tracker.merchant.timezone,
                "product": tracker.product_id,
                "type": tracker.inventory_type_id,
                "today": today,
                "days": days,
            },
        )
        moved: dict[date, list[tuple[date | None, int]]] = {}
        for day, expires_on, units in cursor.fetchall():
            moved.setdefault(day, []).append((expires_on, int(units)))
    return moved


def _known_since(tracker: Tracker) -> date | None:
    """The merchant's day of the first event that changed this stock; None without one."""
    first = (
        InventoryEvent.objects.filter(product=tracker.product_id, inventory_type=tracker.inventory_type_id)
        .order_by("id")  # the order of recording, which the product's index has
        .values_list("occurred_at", flat=True)
        .first()
    )
    return today_of(tracker.merchant, first) if first else None
