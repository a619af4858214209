"""Units that customers send back, booked by hand."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import OrderItem, Product, User
from inventory_ops.models.ledger import EventKind
from inventory_ops.operations.ledger import LedgerRefusal
from inventory_ops.operations.orders import returned
from inventory_ops.operations.stock import Changed, ChangeDetails, Place, book, check_reason, new_movement, record


@transaction.atomic
def accept_return(
    *, place: Place, quantity: int, resealable: bool, details: ChangeDetails, by: User, shop_item_id: str = ""
) -> Changed:
    """A product return: resealable units go back to good stock, others to defective.

    With the order item that they were sold by, named by its shop id, the seller's statement refunds them; then no
    more than were shipped.
    """
    if quantity < 1:
        raise LedgerRefusal(_("Return one unit or more. Nothing was booked."))
    check_reason(details.reason)
    target = Place(place.product, "good" if resealable else "defective", place.location, place.lot, place.expires_on)
    movement = new_movement(target, EventKind.RETURNED, quantity, details)
    item = _sold(place.product, shop_item_id, quantity) if shop_item_id else None
    if item is not None:
        movement = replace(movement, order_item_id=item.pk)
    booked = book([movement], by=by, details=details)
    if item is not None and booked.events:
        returned.note(item, returned.in_ledger(item), timezone.now())
        item.save(update_fields=returned.FIELDS)
    if booked.events:
        summary = _("%(n)s of %(sku)s returned to %(type)s") % {
            "n": quantity,
            "sku": place.product.sku,
            "type": target.inventory_type,
        }
        record("stock.return", target, summary, {"quantity": quantity}, details, by)
    return booked


def _sold(product: Product, shop_item_id: str, quantity: int) -> OrderItem:
    """The order item that the units were sold by, locked: items before balances, like everybody."""
    found = list(OrderItem.objects.select_for_update().filter(product=product, shop_item_id=shop_item_id)[:2])
    if len(found) != 1:
        raise LedgerRefusal(
            _("%(sku)s has no order item %(id)s, or several stores have one. Nothing was booked.")
            % {"sku": product.sku, "id": shop_item_id}
        )
    left = found[0].quantity_shipped - returned.in_ledger(found[0])
    if quantity > left:
        raise LedgerRefusal(
            _("Of order item %(id)s, %(n)s shipped units have not come back yet. Nothing was booked.")
            % {"id": shop_item_id, "n": left}
        )
    return found[0]
