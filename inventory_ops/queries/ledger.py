"""Reads of the Events Ledger and of the balances that it sums up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from inventory_ops.kit.db import replica
from inventory_ops.models import EventActor, InventoryEvent, StockTotal, User
from inventory_ops.models.statistics import NEVER


def events(*, viewer: User | None) -> QuerySet[InventoryEvent]:
    """All events that `viewer` may see."""
    rows: QuerySet[InventoryEvent] = InventoryEvent.objects.visible_to(viewer)
    return rows


MOST_ACTORS = 100  # the planner compares each with its statistics of each month
FEW_EVENTS = 300


def of_actor(rows: QuerySet[InventoryEvent], text: str, *, whole: bool) -> QuerySet[InventoryEvent]:
    """`rows` whose actor begins with the text, or is it when `whole`; in any case.

    Who that is, is looked up first: of names the planner knows how many events they have, of beginnings it does not.
    A name that nobody has gives no event, and the events of one name are in an index in the order of time. Those of
    several are found by their moments where they are few: the statistics of a month take each name they do not know
    for several events.
    """
    known = EventActor.objects.using(replica.alias())
    named = known.filter(name__iexact=text) if whole else known.filter(name__istartswith=text)
    names = list(named.order_by("name").values_list("name", flat=True).distinct()[: MOST_ACTORS + 1])
    if not names:
        return rows.filter(pk=0)  # no event has it
    of_names = Q(actor__in=named.values("name") if len(names) > MOST_ACTORS else names)
    if len(names) > 1:
        found = InventoryEvent.objects.using(replica.alias()).filter(of_names)
        moments = list(found.values_list("recorded_at", flat=True)[: FEW_EVENTS + 1])
        if len(moments) <= FEW_EVENTS:
            return rows.filter(of_names, recorded_at__in=moments) if moments else rows.filter(pk=0)
    return rows.filter(of_names)


def actor_differences(*, most: int) -> list[str]:
    """Actors of events whose name was not kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select distinct actor from inventory_ops_inventoryevent e
            where actor <> '' and not exists (select from inventory_ops_eventactor a where a.name = e.actor)
            order by 1 limit %(most)s
            """,
            {"most": most},
        )
        return [f"events of {name}: not found by that name" for (name,) in cursor.fetchall()]


def stock_by_type(*, viewer: User | None) -> QuerySet[StockTotal]:
    """One row a product and inventory type that stock was ever booked for, kept by triggers.

    The nearest expiry is that of lots with units on hand; `expires` is the same, with NEVER for none.
    """
    rows: QuerySet[StockTotal] = StockTotal.objects.visible_to(viewer)
    return rows.alias(expires=Coalesce("nearest_expiry", Value(NEVER)))


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One day, week or month: opening + received − shipped + returned ± adjusted − written_off = end."""

    start: date
    opening: int
    received: int
    shipped: int
    returned: int
    adjusted: int
    written_off: int
    end: int


def summary(*, product_id: int, by: str) -> list[SummaryRow]:
    """What moved a product's stock on hand, newest first; `by` is day, week or month of the merchant's time zone.

    Spans without an event are left out; `imported` counts as received when it adds and as an adjustment otherwise.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with spans as (
                select date_trunc(%(by)s, e.recorded_at at time zone m.timezone)::date as start,
                    sum(quantity) filter (where kind = 'received' or (kind = 'imported' and quantity > 0)) as received,
                    -sum(quantity) filter (where kind = 'shipped') as shipped,
                    sum(quantity) filter (where kind = 'returned') as returned,
                    sum(quantity) filter (where kind = 'adjusted' or (kind = 'imported' and quantity < 0)) as adjusted,
                    -sum(quantity) filter (where kind = 'written_off') as written_off,
                    sum(quantity) as total
                from inventory_ops_inventoryevent e join inventory_ops_merchant m on m.id = e.merchant_id
                where e.product_id = %(product)s and kind not in ('allocated', 'released')
                group by 1
            )
            select start, (sum(total) over w - total)::bigint, coalesce(received, 0), coalesce(shipped, 0),
                coalesce(returned, 0), coalesce(adjusted, 0), coalesce(written_off, 0), (sum(total) over w)::bigint
            from spans window w as (order by start) order by start desc limit 400
            """,
            {"by": by, "product": product_id},
        )
        return [SummaryRow(*row) for row in cursor.fetchall()]


def levels_by_day(*, product_id: int, days: int = 400) -> list[tuple[datetime, int]]:
    """Units on hand at the end of each of the last days that moved any, oldest first, with the moment of the last."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with days as (
                select max(e.recorded_at) as at, sum(e.quantity) as total
                from inventory_ops_inventoryevent e join inventory_ops_merchant m on m.id = e.merchant_id
                where e.product_id = %(product)s and e.kind not in ('allocated', 'released')
                group by date_trunc('day', e.recorded_at at time zone m.timezone)
            )
            select at, (sum(total) over (order by at))::bigint from days order by at desc limit %(days)s
            """,
            {"product": product_id, "days": days},
        )
        found: list[tuple[datetime, int]] = cursor.fetchall()
        return found[::-1]
