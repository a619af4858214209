"""What happened to a finding, and what changed meanwhile in the data that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from inventory_ops.models import (
    Finding,
    FindingEvent,
    InventoryEvent,
    Order,
    OrderItem,
    OrderItemKey,
    PriceChange,
    Product,
    User,
)
from inventory_ops.models.ledger import ALLOCATION_KINDS

MOST_EVENTS = 200
MOST_CHANGES = 60
BEFORE = timedelta(days=30)  # of the first opening: what led to it
STAFF_ONLY = ("assign", "due", "rule_assign")  # who works on it and by when is for staff to know


@dataclass(frozen=True, slots=True)
class StockDay:
    """Units that came and went on a day, by kind of event."""

    day: date
    by_kind: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_kind.values())


@dataclass(frozen=True, slots=True)
class OrderDay:
    """Orders of a day that had the product, and their units."""

    day: date
    orders: int
    units: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about: products, and the order where it is about one."""

    products: Sequence[Product] = ()
    order: Order | None = None


def subject(about: str, row_id: int | None) -> Subject:
    """The products of a row by its id, which is one of `about`: product, item (of an order) or order."""
    if row_id is None:
        return Subject()
    products = Product.objects.select_related("merchant")
    if about == "product":
        return Subject(list(products.filter(pk=row_id)))
    if about == "item":
        item = OrderItemKey.objects.select_related("order__store", "product__merchant").filter(pk=row_id).first()
        return Subject([item.product], item.order) if item else Subject()
    order = Order.objects.select_related("store").filter(pk=row_id).first()
    return Subject(list(products.filter(order_items__order=row_id).distinct()[:20]), order) if order else Subject()


def events(finding: Finding) -> list[FindingEvent]:
    """The newest first."""
    return list(finding.events.order_by("-at", "-pk")[:MOST_EVENTS])


def price_changes(products: Sequence[int], *, since: datetime) -> list[PriceChange]:
    found = PriceChange.objects.filter(product__in=products, at__gte=since)
    return list(found.select_related("product__merchant").order_by("-at")[:MOST_CHANGES])


def stock_days(products: Sequence[int], *, since: datetime) -> list[StockDay]:
    """Days on which units came or went, the newest first."""
    moved = InventoryEvent.objects.filter(product__in=products, occurred_at__gte=since)
    moved = moved.exclude(kind__in=ALLOCATION_KINDS)
    rows = moved.values("kind", day=TruncDate("occurred_at")).annotate(units=Sum("quantity"))
    found: dict[date, StockDay] = {}
    for row in rows.order_by("-day", "kind")[: 4 * MOST_CHANGES]:
        found.setdefault(row["day"], StockDay(row["day"])).by_kind[row["kind"]] = row["units"]
    return list(found.values())[:MOST_CHANGES]


def order_days(products: Sequence[int], *, since: datetime) -> list[OrderDay]:
    """Days on which the products were ordered, the newest first."""
    lines = OrderItem.objects.placed().filter(product__in=products, ordered_at__gte=since)
    rows = lines.values(day=TruncDate("ordered_at")).annotate(orders=Count("order", distinct=True), n=Sum("quantity"))
    return [OrderDay(row["day"], row["orders"], row["n"]) for row in rows.order_by("-day")[:MOST_CHANGES]]


def visible(report: str, key: str, *, viewer: User) -> Finding | None:
    """The finding of a report's row, if the viewer may see it."""
    found = Finding.objects.visible_to(viewer).select_related("merchant", "assignee")
    return found.filter(report=report, key=key).first()
