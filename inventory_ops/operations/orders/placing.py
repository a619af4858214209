"""Carts and orders as they come in live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from inventory_ops.models import FlashSale, Merchant, Order, OrderItem, Product, Store
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.models.orders import OrderStatus
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import LedgerRefusal, Movement

PRICED = (
    "quantity",
    "status",
    "ordered_at",
    "unit_price",
    "unit_cost",
    "issue_at",
    "issue_sale_starts_at",
    "issue_sale_ends_at",
    "issue_sale_snapshot_price",
    "issue_sale_percentage",
)


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line as it stands now; `shop_item_id` is its own forever, `quantity` all units that were ordered."""

    shop_item_id: str
    product_id: int
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order or cart as it stands now. `at` is when it was placed; of a cart, the customer's last activity."""

    number: str
    at: datetime
    currency: str
    lines: Sequence[NewLine]
    store_number: str = ""
    customer_email: str = ""
    comment: str = ""
    promo_code: str = ""
    promo_value: Decimal | None = None
    recovery_url: str = ""
    marketing_consent: bool | None = None  # None: nothing new is known


@dataclass(frozen=True, slots=True)
class Placed:
    """The order with its items by shop item id, and how many events were booked: 0 when all was known before."""

    order: Order
    items: dict[str, OrderItem]
    events: int


@transaction.atomic
def save_cart(*, new: NewOrder) -> Placed:
    """Keep a cart as it is now: no stock moves. An order that left the cart already stays as it is."""
    order = _locked_order(new, OrderStatus.CART)
    if order.status != OrderStatus.CART:
        return Placed(order, _items(order), 0)
    wanted = {line.shop_item_id for line in new.lines}
    OrderItem.objects.filter(order=order).exclude(shop_item_id__in=wanted).delete()
    order.last_activity_at = max(order.last_activity_at, new.at)
    order.currency, order.customer_email, order.comment = new.currency, new.customer_email, new.comment
    order.promo_code, order.promo_value = new.promo_code, new.promo_value
    order.recovery_url = new.recovery_url or order.recovery_url
    if new.marketing_consent is not None:
        order.marketing_consent = new.marketing_consent
    order.save()
    _write_lines(order, new)
    return Placed(order, _items(order), 0)


@transaction.atomic
def place(*, new: NewOrder, source: EventSource, actor: str = "") -> Placed:
    """Make an order, or turn its cart into one, and allocate its units.

    Known by its number: placing it again books nothing, a line that is new or has grown since allocates the
    difference. Raises LedgerRefusal, and does nothing, for a line of another order or an unknown product.
    """
    order = _locked_order(new, OrderStatus.OPEN)
    was_cart = order.status == OrderStatus.CART
    if was_cart:
        _leave_cart(order, new)
    if order.status == OrderStatus.CLOSED:
        known = _items(order)
        if all(line.shop_item_id in known for line in new.lines):
            return Placed(order, known, 0)
        order.status, order.closed_at = OrderStatus.OPEN, None
        order.save(update_fields=["status", "closed_at"])
        OrderItem.objects.filter(order=order).update(status=OrderStatus.OPEN)
    grown = _write_lines(order, new, was_cart=was_cart)
    items = _items(order)
    movements = [
        Movement(
            product_id=items[shop_id].product_id,
            kind=EventKind.ALLOCATED,
            quantity=units,
            occurred_at=new.at,
            reference=order.number,
            order_item_id=items[shop_id].pk,
            key=f"order:{items[shop_id].pk}:allocated:{items[shop_id].quantity}",
        )
        for shop_id, units in sorted(grown.items())
    ]
    booked = ledger.book(movements, source=source, actor=actor) if movements else None
    return Placed(order, items, booked.events if booked else 0)


def _items(order: Order) -> dict[str, OrderItem]:
    return {item.shop_item_id: item for item in OrderItem.objects.filter(order=order).order_by("pk")}


def _locked_order(new: NewOrder, status: OrderStatus) -> Order:
    """The order's row under its lock; a rival that makes the same one is waited for."""
    store = None
    if new.store_number:
        store, _made = Store.objects.get_or_create(number=new.store_number)
    order, _made = Order.objects.get_or_create(
        number=new.number,
        store=store,
        defaults={
            "status": status,
            "currency": new.currency,
            "customer_email": new.customer_email,
            "comment": new.comment,
            "promo_code": new.promo_code,
            "promo_value": new.promo_value,
            "created_at": new.at,
            "last_activity_at": new.at,
            "placed_at": None if status == OrderStatus.CART else new.at,
        },
    )
    return Order.objects.select_for_update(of=("self",)).select_related("store").get(pk=order.pk)


def _leave_cart(order: Order, new: NewOrder) -> None:
    """The cart becomes an open order; one that counted as abandoned is recovered. Lines it dropped go."""
    store = order.store or Store()
    if new.at - order.last_activity_at > store.abandon_after:
        order.recovered_at = new.at
    order.status, order.placed_at = OrderStatus.OPEN, new.at
    order.last_activity_at = max(order.last_activity_at, new.at)
    order.customer_email = new.customer_email or order.customer_email
    order.save()
    wanted = {line.shop_item_id for line in new.lines}
    OrderItem.objects.filter(order=order).exclude(shop_item_id__in=wanted).delete()


def _write_lines(order: Order, new: NewOrder, *, was_cart: bool = False) -> dict[str, int]:
    """Write the lines; answers how many units each has to allocate, by shop item id.

    Price and cost are those of the moment while the order is a cart and when it is bought, and frozen from then on.
    """
    known = {
        item.shop_item_id: item for item in OrderItem.objects.select_for_update().filter(order=order).order_by("pk")
    }
    products = Product.objects.in_bulk([line.product_id for line in new.lines])
    currencies = dict(
        Merchant.objects.filter(pk__in={each.merchant_id for each in products.values()}).values_list("pk", "currency")
    )
    grown: dict[str, int] = {}
    fresh: list[OrderItem] = []
    for line in new.lines:
        product = products.get(line.product_id)
        if product is None:
            raise LedgerRefusal(_("There is no product %(id)s. Nothing was booked.") % {"id": line.product_id})
        if line.quantity < 1:
            raise LedgerRefusal(_("%(sku)s: order one unit or more. Nothing was booked.") % {"sku": product.sku})
        item = known.get(line.shop_item_id)
        if item is None:
            item = OrderItem(
                order=order,
                store_id=order.store_id,
                shop_item_id=line.shop_item_id,
                merchant_id=product.merchant_id,
                product=product,
            )
            fresh.append(item)
            allocated = 0
        elif item.product_id != product.pk:
            raise LedgerRefusal(
                _("Order item %(id)s is another product already: a line does not become another product.")
                % {"id": line.shop_item_id}
            )
        elif order.status == OrderStatus.CART or was_cart:
            allocated = 0
        elif line.quantity <= item.quantity:
            continue
        else:
            allocated = item.quantity
        if not allocated:
            cost = product.cost if currencies[product.merchant_id] == order.currency else None
            _price(item, line.unit_price, cost, order, new.at)
        item.quantity = line.quantity
        grown[line.shop_item_id] = line.quantity - allocated
    # in one statement each: what counts sales by day locks its rows in order within a statement alone
    kept = [item for shop_id, item in known.items() if shop_id in grown]
    if kept:
        OrderItem.objects.bulk_update(kept, PRICED)
    try:
        with transaction.atomic():
            OrderItem.objects.bulk_create(fresh)
    except IntegrityError as error:
        raise LedgerRefusal(_("A line's shop id belongs to another order already. Nothing was booked.")) from error
    total = OrderItem.objects.filter(order=order).aggregate(total=Sum(F("quantity") * F("unit_price")))["total"]
    if order.total_amount != (total or 0):
        order.total_amount = total or Decimal(0)
        order.save(update_fields=["total_amount"])
    return grown


def _price(item: OrderItem, price: Decimal, cost: Decimal | None, order: Order, at: datetime) -> None:
    """Price and cost of the moment; the first moment at which the cost is above the price is the line's issue."""
    item.unit_price, item.unit_cost = price, cost
    item.status = order.status
    if order.status != OrderStatus.CART or not item.pk:
        item.ordered_at = at
    if cost is None or cost <= price:
        item.issue_at = None
        item.issue_sale_starts_at = item.issue_sale_ends_at = None
        item.issue_sale_snapshot_price = item.issue_sale_percentage = None
    elif item.issue_at is None:
        item.issue_at = at
        sale = FlashSale.objects.filter(product=item.product, starts_at__lte=at, ends_at__gt=at).first()
        if sale:
            item.issue_sale_starts_at, item.issue_sale_ends_at = sale.starts_at, sale.ends_at
            item.issue_sale_snapshot_price, item.issue_sale_percentage = sale.snapshot_price, sale.percentage
