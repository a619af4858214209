"""Adjustments and returns, taken back by the opposite event."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from inventory_ops.models import InventoryEvent, OrderItem, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import audit, ledger
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.orders import returned
from inventory_ops.operations.stock import Changed

UNDOABLE = (EventKind.ADJUSTED, EventKind.RETURNED, EventKind.RECEIVED)


@transaction.atomic
def undo(*, event: InventoryEvent, by: User, note: str = "") -> Changed:
    """Book the opposite of an event, once only; of a change of type, of both its events.

    Raises LedgerRefusal for what cannot be undone, InsufficientStock where the units are gone.
    """
    if refusal := why_not_undo(event):
        raise LedgerRefusal(refusal)
    movements = [
        Movement(
            product_id=each.product_id,
            kind=EventKind(each.kind),
            quantity=-each.quantity,
            inventory_type=each.inventory_type.code,
            location=each.location.code,
            lot=each.balance.lot,
            expires_on=each.balance.expires_on,
            reason=each.reason,
            note=note,
            reference=each.reference,
            order_item_id=each.order_item_id,
            reverses_id=each.pk,
            key=f"undo:{each.pk}",
        )
        for each in _together(event)
    ]
    _lock_items(movements)
    booked = ledger.book(movements, source=EventSource.PAGE, actor=by.email, below_zero=False)
    if booked.repeated:
        raise LedgerRefusal(_("Event %(id)s was undone before. Nothing was booked.") % {"id": event.pk})
    for movement in movements:
        if movement.kind == EventKind.RETURNED and movement.order_item_id:
            item = OrderItem.objects.get(pk=movement.order_item_id)
            returned.accept_return(item, -movement.quantity)
            item.save(update_fields=returned.FIELDS)
    audit.record(
        action="stock.undo",
        by=by,
        subject=event.product,
        summary=_("Event %(id)s of %(sku)s undone") % {"id": event.pk, "sku": event.product.sku},
        data={"event": event.pk, "quantity": -event.quantity, "note": note},
        merchant_id=event.merchant_id,
    )
    return Changed(booked.events)


def _lock_items(movements: Sequence[Movement]) -> None:
    """Items before balances, like everybody."""
    wanted = [each.order_item_id for each in movements if each.kind == EventKind.RETURNED and each.order_item_id]
    list(OrderItem.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))


def why_not_undo(event: InventoryEvent) -> str:
    """Why an event cannot be undone on a page; '' when it can (it may still have been undone before)."""
    if event.reverses_id:
        return _("Event %(id)s is itself an undo. Adjust the stock instead.") % {"id": event.pk}
    if event.kind not in UNDOABLE:
        return _("Event %(id)s was booked by an order, an import or a write-off: correct it there.") % {"id": event.pk}
    return ""


def _together(event: InventoryEvent) -> list[InventoryEvent]:
    """The event, and of a change of type its other half."""
    same = (
        InventoryEvent.objects.filter(
            product_id=event.product_id,
            recorded_at=event.recorded_at,
            batch=event.batch,
            kind=EventKind.ADJUSTED,
            quantity=-event.quantity,
        )
        .exclude(inventory_type_id=event.inventory_type_id)
        .select_related("inventory_type", "location", "balance")
    )
    is_pair = event.batch is not None and event.kind == EventKind.ADJUSTED and event.source == EventSource.PAGE
    halves = [event, *same] if is_pair else [event]
    return sorted(halves, key=lambda each: each.pk)
