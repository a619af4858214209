"""Demand: which products were ordered, when last, and which were not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from inventory_ops.kit.reports.scope import BEGINNING
from inventory_ops.models import OrderItem, Product, ProductDemand, User
from inventory_ops.models.statistics import NEVER_YET


def demand_lines(product: str = "pk") -> QuerySet[OrderItem]:
    """Lines of open and closed orders that were not cancelled altogether, of one product. A cart is not an order."""
    lines: QuerySet[OrderItem] = OrderItem.objects.placed()
    return lines.filter(product=OuterRef(product), quantity__gt=F("cancelled_quantity"))


def products_without_orders(
    *,
    viewer: User | None,
    as_of: datetime,
    after: datetime,
    until: datetime,
    include_new: bool = False,
    is_now: bool = False,
) -> QuerySet[Product]:
    """Products without demand after `after` and up to `until`.

    A product newer than the window (created in it, and never ordered before it) is left out unless `include_new`.
    `is_now` says that `as_of` is the present: then the last order is the last one known, which an index sorts by, and
    no order of a window up to now can come after it. A product is newer than no window without a beginning.
    Annotates available, on_hand, last_ordered_at (`last_known`: NEVER_YET for none), stock_value, is_new.
    """
    last, first = F("demand__last_ordered_at"), "demand__first_ordered_at"
    in_window = demand_lines().filter(ordered_at__gt=after, ordered_at__lte=until)
    # the product's kept first and last order decide; only for a window that ends before the last is each looked at
    silent = Q(last_kept__lte=after)
    if not is_now or until < as_of:
        silent |= Q(~Exists(in_window), last_kept__gt=until)
    is_new = Q(created_at__gt=after) & (Q(**{f"{first}__isnull": True}) | Q(**{f"{first}__gt": after}))
    products = (
        Product.objects.visible_to(viewer)
        .alias(last_kept=Coalesce(last, Value(NEVER_YET)))
        .filter(silent, demand__isnull=False, stock_total__isnull=False, created_at__lte=until)
    )
    if not include_new and after > BEGINNING:
        products = products.filter(~is_new)
    known: Any = last
    if not is_now:
        newest = demand_lines().filter(ordered_at__lte=as_of).order_by("-ordered_at").values("ordered_at")[:1]
        known = Case(When(demand__last_ordered_at__gt=as_of, then=Subquery(newest)), default=last)
    return products.annotate(
        available=F("stock_total__available"),
        on_hand=F("stock_total__on_hand"),
        last_ordered_at=known,
        last_known=Coalesce(known, Value(NEVER_YET)),
        stock_value=F("stock_total__value"),
        is_new=Case(When(created_at__gt=after, then=Value(True)), default=Value(False), output_field=BooleanField()),
    )


def turned(before: datetime, now: datetime, *, window: timedelta) -> QuerySet[Any, int]:
    """Products that are in one and not in the other of the lists of two moments, though nobody changed anything: their
    last order left the window, they are no longer newer than it, or the time that they are made at has come.

    That a first order leaves it decides nothing before the last one has.
    """
    asleep = ProductDemand.objects.alias(last_kept=Coalesce("last_ordered_at", Value(NEVER_YET))).filter(
        last_kept__gt=before - window, last_kept__lte=now - window
    )
    made = Product.objects.filter(
        Q(created_at__gt=before, created_at__lte=now) | Q(created_at__gt=before - window, created_at__lte=now - window)
    )
    return asleep.values_list("product_id", flat=True).union(made.values_list("pk", flat=True), all=True)
