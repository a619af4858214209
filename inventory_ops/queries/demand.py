"""Demand: which products were ordered, when last, and which were not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models import OrderItem, Product, User
from inventory_ops.queries import stock


def demand_lines(product: str = "pk") -> QuerySet[OrderItem]:
    """Lines of open and closed orders that were not cancelled altogether, of one product. A cart is no order."""
    lines: QuerySet[OrderItem] = OrderItem.objects.placed()
    return lines.filter(product=OuterRef(product), quantity__gt=F("cancelled_quantity"))


def products_without_orders(
    *, viewer: User | None, as_of: datetime, after: datetime, until: datetime, include_new: bool = False
) -> QuerySet[Product]:
    """Products without demand after `after` and up to `until`.

    A product newer than the window (created in it, and never ordered before it) is left out unless `include_new`.
    Annotates available, last_ordered_at, stock_value, is_new.
    """
    in_window = demand_lines().filter(ordered_at__gt=after, ordered_at__lte=until)
    before = demand_lines().filter(ordered_at__lte=after)
    last = demand_lines().filter(ordered_at__lte=as_of).order_by("-ordered_at").values("ordered_at")[:1]
    is_new = Q(created_at__gt=after) & ~Exists(before)
    products = Product.objects.visible_to(viewer).filter(~Exists(in_window), created_at__lte=until)
    if not include_new:
        products = products.filter(~is_new)
    return products.annotate(
        available=stock.available(),
        on_hand=stock.sellable_on_hand(),
        last_ordered_at=Subquery(last),
        is_new=Case(When(created_at__gt=after, then=Value(True)), default=Value(False), output_field=BooleanField()),
    ).annotate(
        stock_value=Coalesce(F("cost"), F("price"), output_field=MoneyField()) * stock.floored_at_zero("on_hand"),
        in_stock=Case(When(available__gt=0, then=Value(True)), default=Value(False), output_field=BooleanField()),
    )
