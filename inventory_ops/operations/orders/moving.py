"""What happens to an open order's lines. All quantities are totals of the line up to now, by order item id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from inventory_ops.models import InventoryEvent, Order, OrderItem, StockBalance
from inventory_ops.models.ledger import ALLOCATION_KINDS, EventKind, EventSource
from inventory_ops.models.orders import CancelledBy, OrderStatus
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.orders import returned


@transaction.atomic
def cancel(
    *,
    order: Order,
    totals: Mapping[int, int],
    cancelled_by: CancelledBy,
    at: datetime,
    source: EventSource,
    actor: str = "",
) -> int:
    """Cancel unshipped units and release what they held; answers the units that were cancelled now.

    `totals` are units cancelled of each line up to now; less than before changes nothing. Raises LedgerRefusal, and
    changes nothing, for more units than are unshipped.
    """
    locked, items = _lock(order, totals)
    movements: list[Movement] = []
    cancelled = 0
    for item in items:
        units = totals[item.pk] - item.cancelled_quantity
        if units <= 0:
            continue
        left = item.quantity - item.quantity_shipped - item.cancelled_quantity
        if units > left:
            raise LedgerRefusal(
                _("%(sku)s: %(n)s units are unshipped, more cannot be cancelled. Nothing was booked.")
                % {"sku": item.product.sku, "n": left}
            )
        movements += _released(item, min(units, _held(item)), f"cancelled:{totals[item.pk]}", locked, at)
        item.cancelled_quantity = totals[item.pk]
        item.cancelled_by = cancelled_by
        cancelled += units
    save_items(items, "cancelled_quantity", "cancelled_by")
    _book(movements, source, actor)
    _close_when_done(locked, at)
    return cancelled


@transaction.atomic
def ship(*, order: Order, totals: Mapping[int, int], at: datetime, source: EventSource, actor: str = "") -> int:
    """Ship units: they are no longer allocated and leave the shelf, first expired first; answers units shipped now.

    `totals` are units shipped of each line up to now. A shipment is a fact: stock may go below zero. Raises
    LedgerRefusal, and changes nothing, for a cart or more units than were ordered and not cancelled.
    """
    locked, items = _lock(order, totals)
    leaving: list[tuple[OrderItem, int]] = []
    for item in items:
        units = totals[item.pk] - item.quantity_shipped
        if units <= 0:
            continue
        if totals[item.pk] > item.quantity - item.cancelled_quantity:
            raise LedgerRefusal(
                _("%(sku)s: %(n)s units are left to ship. Nothing was booked.")
                % {"sku": item.product.sku, "n": item.quantity - item.cancelled_quantity - item.quantity_shipped}
            )
        item.quantity_shipped, item.shipped_at = totals[item.pk], at
        leaving.append((item, units))
    # items before balances, like everybody: what counts sales by day is locked by the items
    save_items([item for item, _units in leaving], "quantity_shipped", "shipped_at")
    shelf = _lock_shelf({item.product_id for item, _units in leaving})
    movements: list[Movement] = []
    for item, units in leaving:
        total = totals[item.pk]
        movements += _released(item, min(units, _held(item)), f"ship:{total}", locked, at)
        movements += [
            Movement(
                product_id=item.product_id,
                kind=EventKind.SHIPPED,
                quantity=-taken,
                lot=lot,
                expires_on=expires_on,
                occurred_at=at,
                reference=locked.number,
                order_item_id=item.pk,
                key=f"order:{item.pk}:shipped:{total}:{index}",
            )
            for index, (lot, expires_on, taken) in enumerate(_take(shelf.get(item.product_id, []), units))
        ]
    _book(movements, source, actor)
    _close_when_done(locked, at)
    return sum(units for _item, units in leaving)


@transaction.atomic
def give_back(
    *,
    order: Order,
    totals: Mapping[int, int],
    resealable: bool,
    at: datetime,
    source: EventSource,
    actor: str = "",
) -> int:
    """Shipped units come back: resealable ones to good stock, others to defective; answers units returned now.

    Their price and commission go back on the seller's statement. `totals` are units returned of each line up to now.
    Raises LedgerRefusal for more than were shipped.
    """
    locked, items = _lock(order, totals)
    movements: list[Movement] = []
    changed: list[OrderItem] = []
    for item in items:
        units = totals[item.pk] - returned.in_ledger(item)
        if units <= 0:
            continue
        if totals[item.pk] > item.quantity_shipped:
            raise LedgerRefusal(
                _("%(sku)s: %(n)s units were shipped, more cannot come back. Nothing was booked.")
                % {"sku": item.product.sku, "n": item.quantity_shipped}
            )
        movements.append(
            Movement(
                product_id=item.product_id,
                kind=EventKind.RETURNED,
                quantity=units,
                inventory_type="good" if resealable else "defective",
                occurred_at=at,
                reason="return",
                reference=locked.number,
                order_item_id=item.pk,
                key=f"order:{item.pk}:returned:{totals[item.pk]}",
            )
        )
        if returned.note(item, totals[item.pk], at):
            changed.append(item)
    save_items(changed, *returned.FIELDS)
    _book(movements, source, actor)
    return sum(movement.quantity for movement in movements)


@transaction.atomic
def refunded(*, order: Order, totals: Mapping[int, int], at: datetime) -> None:
    """A channel says that shipped units came back, or were refunded: no stock moves until people accept them.

    `totals` are units of each line up to now; fewer than before change nothing.
    """
    _locked, items = _lock(order, totals)
    save_items([item for item in items if returned.note(item, totals[item.pk], at)], *returned.FIELDS)


def _lock(order: Order, totals: Mapping[int, int]) -> tuple[Order, list[OrderItem]]:
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if locked.status == OrderStatus.CART:
        raise LedgerRefusal(_("A cart has taken no stock: place the order first."))
    rows = OrderItem.objects.select_for_update(of=("self",)).filter(order=locked, pk__in=totals)
    items = list(rows.select_related("product").order_by("pk"))
    if missing := set(totals) - {item.pk for item in items}:
        raise LedgerRefusal(_("Order %(number)s has no item %(id)s.") % {"number": locked.number, "id": min(missing)})
    return locked, items


def save_items(items: list[OrderItem], *fields: str) -> None:
    """In one statement: what counts sales by day locks its rows in order within a statement alone."""
    if items:
        OrderItem.objects.bulk_update(items, fields)


def _held(item: OrderItem) -> int:
    """Units that the line has allocated."""
    events = InventoryEvent.objects.filter(order_item_id=item.pk, kind__in=ALLOCATION_KINDS)
    return max(int(events.aggregate(total=Sum("quantity"))["total"] or 0), 0)


def _released(item: OrderItem, units: int, key: str, order: Order, at: datetime) -> list[Movement]:
    if not units:
        return []
    return [
        Movement(
            product_id=item.product_id,
            kind=EventKind.RELEASED,
            quantity=-units,
            occurred_at=at,
            reference=order.number,
            order_item_id=item.pk,
            key=f"order:{item.pk}:{key}",
        )
    ]


def _lock_shelf(products: set[int]) -> dict[int, list[StockBalance]]:
    """Good stock of the products, first expired first, by product id.

    Locked at once and in the ledger's own order, so that two shipments neither count on the same units nor wait for
    each other in a circle.
    """
    shelf: dict[int, list[StockBalance]] = {}
    for balance in (
        StockBalance.objects.select_for_update(no_key=True, of=("self",))
        .filter(product_id__in=products, inventory_type__code="good", location__code="MAIN")
        .order_by("pk")
    ):
        shelf.setdefault(balance.product_id, []).append(balance)
    for balances in shelf.values():
        balances.sort(key=lambda each: (each.expires_on or date.max, each.lot))
    return shelf


def _take(balances: list[StockBalance], units: int) -> Iterator[tuple[str, date | None, int]]:
    """Lots to take `units` from, as (lot, expires on, units); what no lot has comes from stock without a lot."""
    for balance in balances:
        part = min(units, max(balance.on_hand, 0))
        if part:
            yield balance.lot, balance.expires_on, part
            balance.on_hand -= part
            units -= part
    if units:
        yield "", None, units


def _book(movements: list[Movement], source: EventSource, actor: str) -> None:
    if movements:
        ledger.book(movements, source=source, actor=actor)


def _close_when_done(order: Order, at: datetime) -> None:
    """An order none of whose units is still to ship is closed."""
    waiting = OrderItem.objects.filter(
        Q(quantity__gt=F("quantity_shipped") + F("cancelled_quantity")), order=order
    ).exists()
    if waiting or order.status != OrderStatus.OPEN:
        return
    order.status, order.closed_at = OrderStatus.CLOSED, at
    order.save(update_fields=["status", "closed_at"])
    OrderItem.objects.filter(order=order).update(status=OrderStatus.CLOSED)
