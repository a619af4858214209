"""Reads of the Events Ledger and of the balances that it sums up to."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Min, Q, QuerySet, Sum

from inventory_ops.models import InventoryEvent, StockBalance, User
from inventory_ops.models.ledger import ALLOCATION_KINDS


def events(*, viewer: User | None) -> QuerySet[InventoryEvent]:
    """All events that `viewer` may see."""
    rows: QuerySet[InventoryEvent] = InventoryEvent.objects.visible_to(viewer)
    return rows


def on_hand_events(*, viewer: User | None) -> QuerySet[InventoryEvent]:
    """Events that moved what is on hand, that is all but allocations and releases."""
    return events(viewer=viewer).exclude(kind__in=ALLOCATION_KINDS)


def stock_by_type(*, viewer: User | None) -> QuerySet[Any]:
    """One row a product and inventory type: total_on_hand, total_allocated, total_available, nearest_expiry.

    The nearest expiry is that of lots with units on hand.
    """
    return (
        StockBalance.objects.visible_to(viewer)
        .values("product_id", "inventory_type_id")
        .annotate(
            total_on_hand=Sum("on_hand"),
            total_allocated=Sum("allocated"),
            total_available=Sum(F("on_hand") - F("allocated")),
            nearest_expiry=Min("expires_on", filter=Q(on_hand__gt=0)),
        )
    )
