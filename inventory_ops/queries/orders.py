"""Orders by what people call them: a number, or store and number with a slash between."""

from __future__ import annotations

from django.db.models import Q

from inventory_ops.models import Order, User
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
