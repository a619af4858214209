"""What trackers below target cost: sales lost a day because nothing is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, DateField, F, QuerySet, Sum

from inventory_ops.kit.db.compiled import IsOneOf, Slot, Statement
from trackers.models import ProductDay, Tracker

CANDIDATES = 300  # the worst by health are looked at; ranking all would read the sales of each
SALES_DAYS = 30


@dataclass(frozen=True, slots=True)
class Losing:
    """A tracker, the units a day that are not sold since nothing is left, and what they bring, in its currency."""

    tracker: Tracker
    units: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        return self.units * self.tracker.product.price


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What trackers are ranked by; `pace` are the units sold a day."""

    pk: int
    pace: Decimal
    left: int

    @property
    def units(self) -> Decimal:
        return self.pace if self.left <= 0 else Decimal(0)

    @property
    def days_left(self) -> Decimal:
        """At the present pace; what does not sell lasts for ever."""
        return Decimal(max(self.left, 0)) / self.pace if self.pace else Decimal("Infinity")


def ranked(below: QuerySet[Tracker], *, as_of: datetime, most: int) -> list[Losing]:
    """Up to `most` trackers of stock, those that lose most units a day first, then those that run out soonest.

    Units are compared, as amounts of several currencies cannot be.
    """
    stock = below.exclude(mechanism="stalled_days").order_by("severity", "pk")
    rows = list(stock.values_list("pk", "product", "value")[:CANDIDATES])
    if not rows:
        return []
    since = (as_of - timedelta(days=SALES_DAYS)).date()
    sold = dict(_SOLD.rows(products=list({product for _pk, product, _value in rows}), since=since))
    found = [_Candidate(pk, Decimal(sold.get(product) or 0) / SALES_DAYS, value or 0) for pk, product, value in rows]
    first = sorted(found, key=lambda each: (-each.units, each.days_left, each.pk))[:most]
    shown = below.select_related("product", "merchant").in_bulk([each.pk for each in first])
    return [Losing(shown[each.pk], each.units) for each in first if each.pk in shown]


def _sold() -> QuerySet[Any, Any]:
    is_asked_for = IsOneOf(F("product"), Slot("products", ArrayField(BigIntegerField())))
    sales = ProductDay.objects.filter(is_asked_for, day__gt=Slot("since", DateField()))
    return sales.values_list("product").annotate(n=Sum("sold"))


_SOLD = Statement(_sold)


def dead(below: QuerySet[Tracker]) -> QuerySet[Tracker]:
    """What lies there and does not move: trackers of stalled days, the worst first."""
    stalled = below.filter(mechanism="stalled_days").select_related("product", "merchant")
    return stalled.order_by("severity", "id")
