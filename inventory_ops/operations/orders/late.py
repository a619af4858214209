"""Late cancellations: what people cancel once a marketplace no longer says so."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.models import InventoryEvent, Order, OrderItem, User
from inventory_ops.models.ledger import ALLOCATION_KINDS, EventKind, EventSource
from inventory_ops.models.orders import CancelledBy, OrderStatus
from inventory_ops.operations import audit, ledger
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.orders import returned
from inventory_ops.operations.orders.moving import save_items

REASON = "channel_cancel"


@transaction.atomic
def cancel_late(*, order: Order, units: Mapping[int, int], by: User) -> int:
    """Cancel here what a marketplace cancelled too late to say so: units by order item id; answers the units booked.

    Units that are still allocated are released, others come back on hand: either way they can be sold again. Each
    line once only. Raises LedgerRefusal, and books nothing, for a cart, a line that was taken back before, or more
    units than were bought.
    """
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if locked.status == OrderStatus.CART:
        raise LedgerRefusal(_("A cart has taken no stock, so nothing comes back."))
    items = (
        OrderItem.objects.select_for_update(of=("self",)).filter(order=locked, pk__in=units).select_related("product")
    )
    chosen = list(items.order_by("pk"))
    movements: list[Movement] = []
    for item in chosen:
        quantity = units[item.pk]
        bought = item.quantity - item.cancelled_quantity
        if not 1 <= quantity <= bought:
            raise LedgerRefusal(
                _("%(sku)s: cancel 1 to %(n)s units. Nothing was booked.") % {"sku": item.product.sku, "n": bought}
            )
        events = InventoryEvent.objects.filter(order_item_id=item.pk, kind__in=ALLOCATION_KINDS)
        held = events.aggregate(total=Sum("quantity"))["total"] or 0
        released = min(quantity, max(held, 0))
        parts = {EventKind.RELEASED: -released, EventKind.ADJUSTED: quantity - released}
        movements += [
            Movement(
                product_id=item.product_id,
                kind=kind,
                quantity=number,
                reason=REASON,
                reference=locked.number,
                order_item_id=item.pk,
                key=f"order:{item.pk}:cancel_late:{kind}",
            )
            for kind, number in parts.items()
            if number
        ]
        unshipped = min(quantity, item.quantity - item.quantity_shipped - item.cancelled_quantity)
        if quantity > unshipped:  # shipped already: the seller's statement refunds them
            returned.note(item, returned.in_ledger(item) + quantity - unshipped, timezone.now())
        if unshipped:
            item.cancelled_quantity += unshipped
            item.cancelled_by = CancelledBy.CUSTOMER
    save_items(chosen, "cancelled_quantity", "cancelled_by", *returned.FIELDS)
    booked = ledger.book(movements, source=EventSource.PAGE, actor=by.email)
    if booked.repeated or not movements:
        raise LedgerRefusal(_("A line was cancelled before, or none was chosen. Nothing was booked."))
    total = sum(units.values())
    audit.record(
        action="stock.cancel",
        by=by,
        subject=locked,
        summary=ngettext(
            "Late cancellation of order %(number)s: %(n)s unit back",
            "Late cancellation of order %(number)s: %(n)s units back",
            total,
        )
        % {"number": locked.number, "n": total},
        data={"units": {str(item): number for item, number in units.items()}},
    )
    return total
