"""Orders by what people call them: a number, or store and number with a slash between."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models import Order, OrderItem, User
from inventory_ops.models.orders import NO_STORE

LONGEST_CODE = 120


def called(code: str, *, viewer: User) -> list[Order]:
    """The orders that `viewer` may see and that are called so; both parts may hold slashes themselves."""
    if len(code) > LONGEST_CODE or "\x00" in code:
        return []
    meant = Q(number=code)
    for at, character in enumerate(code):
        if character == "/":
            store, number = code[:at], code[at + 1 :]
            meant |= Q(store__number=store, number=number)
            if store == NO_STORE:
                meant |= Q(store=None, number=number)
    rows = Order.objects.visible_to(viewer).select_related("store").filter(meant)
    return list(rows.order_by("store__number", "number")[:50])


def placed(*, viewer: User | None) -> QuerySet[Order]:
    """Orders that were placed. `visible_total` is the order's, for a merchant that of its own lines."""
    total: Any = F("total_amount")
    if viewer is not None and not viewer.sees_all_merchants:
        lines = OrderItem.objects.visible_to(viewer).filter(order=OuterRef("pk")).order_by().values("order")
        sums = lines.annotate(total=Sum(F("quantity") * F("unit_price"))).values("total")
        total = Subquery(sums, output_field=MoneyField())
    rows = Order.objects.visible_to(viewer).filter(placed_at__isnull=False)
    return rows.annotate(visible_total=total)
