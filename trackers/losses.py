"""What trackers below target cost: sales lost a day because nothing is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet, Sum

from trackers.models import ProductDay, Tracker

CANDIDATES = 300  # the worst by health are looked at; ranking all would read the sales of each
SALES_DAYS = 30


@dataclass(frozen=True, slots=True)
class Losing:
    """A tracker, the units a day that are not sold since nothing is left, and what they bring, in its currency."""

    tracker: Tracker
    units: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    pace: Decimal = Decimal(0)  # units sold a day while there were any

    @property
    def days_left(self) -> Decimal:
        """At the present pace; what does not sell lasts for ever."""
        left = Decimal(max(self.tracker.value or 0, 0))
        return left / self.pace if self.pace else Decimal("Infinity")


def ranked(below: QuerySet[Tracker], *, as_of: datetime) -> list[Losing]:
    """Trackers of stock, those that lose most units a day first, then those that run out soonest.

    Units are compared, as amounts of several currencies cannot be.
    """
    rows = list(below.exclude(mechanism="stalled_days").select_related("product", "merchant")
                .order_by("severity", "id")[:CANDIDATES])  # fmt: skip
    since = (as_of - timedelta(days=SALES_DAYS)).date()
    sales = ProductDay.objects.filter(product__in={row.product_id for row in rows}, day__gt=since)
    sold = dict(sales.values_list("product").annotate(n=Sum("sold")))
    found = [_losing(row, Decimal(sold.get(row.product_id) or 0) / SALES_DAYS) for row in rows]
    return sorted(found, key=lambda each: (-each.units, each.days_left, each.tracker.pk))


def _losing(tracker: Tracker, pace: Decimal) -> Losing:
    units = pace if (tracker.value or 0) <= 0 else Decimal(0)
    return Losing(tracker, units, units * tracker.product.price, pace)


def dead(below: QuerySet[Tracker]) -> QuerySet[Tracker]:
    """What lies there and does not move: trackers of stalled days, the worst first."""
    stalled = below.filter(mechanism="stalled_days").select_related("product", "merchant")
    return stalled.order_by("severity", "id")
