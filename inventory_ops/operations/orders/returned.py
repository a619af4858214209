"""How many shipped units of a line came back, as several sources tell it: the ledger, a channel, an import.

They tell of the same units, so the most that one of them says counts. Statements refund what is written here.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from inventory_ops.models import InventoryEvent, OrderItem
from inventory_ops.models.ledger import EventKind

FIELDS = ("returned_quantity", "returned_at")


def in_ledger(item: OrderItem) -> int:
    """Units of the line that the ledger has booked as returned."""
    events = InventoryEvent.objects.filter(order_item_id=item.pk, kind=EventKind.RETURNED)
    return int(events.aggregate(total=Sum("quantity"))["total"] or 0)


def note(item: OrderItem, total: int, at: datetime) -> bool:
    """Let `total` units of a locked line have come back by now, if fewer were known; answers whether it changed.

    No more than were shipped. The caller saves FIELDS.
    """
    units = min(total, item.quantity_shipped)
    if units <= item.returned_quantity:
        return False
    item.returned_quantity, item.returned_at = units, at
    return True


def accept_return(item: OrderItem, units: int) -> None:
    """A return of a locked line was booked by mistake: so many units less came back. The caller saves FIELDS."""
    item.returned_quantity = max(item.returned_quantity - units, 0)
    if not item.returned_quantity:
        item.returned_at = None
