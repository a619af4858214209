"""Live orders: placing allocates, cancelling releases, shipping ships, a return comes back; carts touch nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory_ops.models import InventoryEvent, Order, OrderItem, Product, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.models.orders import CancelledBy
from inventory_ops.operations import ledger, orders, verify
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.orders import NewLine, NewOrder
from tests import make
from tests.together import at_once

API = EventSource.API
AT = make.NOW


def stocked(units: int = 10, **fields: object) -> Product:
    product = make.product(**fields)
    ledger.book([Movement(product.pk, EventKind.RECEIVED, units)], source=EventSource.CSV)
    return product


def new(product: Product, *, number: str = "A-1", quantity: int = 3, price: str = "10", **fields: object) -> NewOrder:
    line = NewLine(shop_item_id="501", product_id=product.pk, quantity=quantity, unit_price=Decimal(price))
    values: dict[str, object] = {"at": AT, "currency": "GBP", "lines": [line]} | fields
    return NewOrder(number=number, **values)  # type: ignore[arg-type]


def stock(product: Product) -> tuple[int, int]:
    balance = StockBalance.objects.get(product=product, inventory_type__code="good", lot="")
    return balance.on_hand, balance.allocated


@pytest.mark.django_db
def test_an_order_from_placing_to_return() -> None:
    product = stocked()
    placed = orders.place(new=new(product), source=API, actor="shop")
    [item] = placed.items.values()
    assert stock(product) == (10, 3)
    assert (placed.order.total_amount, placed.order.status, item.unit_cost) == (30, 2, 5)
    orders.cancel(order=placed.order, totals={item.pk: 1}, cancelled_by=CancelledBy.CUSTOMER, at=AT, source=API)
    assert stock(product) == (10, 2)
    orders.ship(order=placed.order, totals={item.pk: 1}, at=AT, source=API)
    assert stock(product) == (9, 1)
    assert Order.objects.get().status == 2
    orders.ship(order=placed.order, totals={item.pk: 2}, at=AT, source=API)
    assert stock(product) == (8, 0)
    assert Order.objects.get().status == 3
    assert OrderItem.objects.get().status == 3
    orders.give_back(order=placed.order, totals={item.pk: 1}, resealable=True, at=AT, source=API)
    orders.give_back(order=placed.order, totals={item.pk: 2}, resealable=False, at=AT, source=API)
    assert stock(product) == (9, 0)
    assert StockBalance.objects.get(inventory_type__code="defective").on_hand == 1
    kinds = list(InventoryEvent.objects.filter(order_item_id=item.pk).order_by("pk").values_list("kind", "quantity"))
    assert kinds == [
        ("allocated", 3), ("released", -1), ("released", -1), ("shipped", -1), ("released", -1), ("shipped", -1),
        ("returned", 1), ("returned", 1),
    ]  # fmt: skip
    assert set(InventoryEvent.objects.filter(order_item_id=item.pk).values_list("reference", flat=True)) == {"A-1"}


@pytest.mark.django_db
def test_telling_it_twice_changes_nothing() -> None:
    product = stocked()
    for _ in range(2):
        placed = orders.place(new=new(product), source=API)
    [item] = placed.items.values()
    assert placed.events == 0
    for _ in range(2):
        orders.cancel(order=placed.order, totals={item.pk: 1}, cancelled_by=CancelledBy.CUSTOMER, at=AT, source=API)
        orders.ship(order=placed.order, totals={item.pk: 2}, at=AT, source=API)
        orders.give_back(order=placed.order, totals={item.pk: 1}, resealable=True, at=AT, source=API)
        orders.place(new=new(product), source=API)
    assert stock(product) == (9, 0)
    assert Order.objects.get().status == 3


@pytest.mark.django_db
def test_a_line_that_grows_allocates_the_difference() -> None:
    product = stocked()
    orders.place(new=new(product), source=API)
    orders.place(new=new(product, quantity=5), source=API)
    assert stock(product) == (10, 5)
    orders.place(new=new(product, quantity=2), source=API)  # fewer is for `cancel` to say
    assert stock(product) == (10, 5)
    assert Order.objects.get().total_amount == 50


@pytest.mark.django_db
def test_carts_touch_nothing_until_they_are_bought() -> None:
    product = stocked(cost=Decimal(12))
    cart = orders.save_cart(new=new(product, at=AT - timedelta(hours=5)))
    assert stock(product) == (10, 0)
    [item] = cart.items.values()
    assert item.issue_at == AT - timedelta(hours=5)  # cost above price: seen when it was put into the cart
    orders.save_cart(new=new(product, quantity=7, at=AT - timedelta(hours=4)))
    orders.save_cart(new=new(product, quantity=2, at=AT - timedelta(hours=3)))
    assert stock(product) == (10, 0)
    with pytest.raises(LedgerRefusal, match="cart"):
        orders.ship(order=cart.order, totals={item.pk: 1}, at=AT, source=API)
    placed = orders.place(new=new(product, quantity=2), source=API)
    [bought] = placed.items.values()
    assert stock(product) == (10, 2)
    assert (bought.pk, bought.issue_at, bought.ordered_at) == (item.pk, AT - timedelta(hours=5), AT)
    assert (placed.order.placed_at, placed.order.recovered_at) == (AT, AT)
    orders.save_cart(new=new(product, quantity=9))  # late news of the cart
    assert stock(product) == (10, 2)


@pytest.mark.django_db
def test_a_shipment_takes_what_expires_first_and_is_a_fact() -> None:
    product = make.product()
    late, soon = date(2027, 1, 1), date(2026, 6, 1)
    ledger.book(
        [
            Movement(product.pk, EventKind.RECEIVED, 2, lot="B", expires_on=late),
            Movement(product.pk, EventKind.RECEIVED, 2, lot="A", expires_on=soon),
        ],
        source=EventSource.CSV,
    )
    placed = orders.place(new=new(product, quantity=5), source=API)
    [item] = placed.items.values()
    orders.ship(order=placed.order, totals={item.pk: 3}, at=AT, source=API)
    lots = dict(StockBalance.objects.exclude(lot="").values_list("lot", "on_hand"))
    assert lots == {"A": 0, "B": 1}
    orders.ship(order=placed.order, totals={item.pk: 5}, at=AT, source=API)
    assert stock(product) == (-1, 0)  # sold what was not there: stored, and shown as oversold


@pytest.mark.django_db
def test_too_much_is_refused_and_nothing_is_half_done() -> None:
    product = stocked()
    placed = orders.place(new=new(product), source=API)
    [item] = placed.items.values()
    events = InventoryEvent.objects.count()
    with pytest.raises(LedgerRefusal, match="3 units are unshipped"):
        orders.cancel(order=placed.order, totals={item.pk: 4}, cancelled_by=CancelledBy.SELLER, at=AT, source=API)
    with pytest.raises(LedgerRefusal, match="3 units are left"):
        orders.ship(order=placed.order, totals={item.pk: 4}, at=AT, source=API)
    with pytest.raises(LedgerRefusal, match="0 units were shipped"):
        orders.give_back(order=placed.order, totals={item.pk: 1}, resealable=True, at=AT, source=API)
    with pytest.raises(LedgerRefusal, match="no item"):
        orders.ship(order=placed.order, totals={0: 1}, at=AT, source=API)
    with pytest.raises(LedgerRefusal, match="no product"):
        orders.place(new=new(Product(pk=0), number="A-2"), source=API)
    with pytest.raises(LedgerRefusal, match="another order"):
        orders.place(new=new(product, number="A-3"), source=API)
    with pytest.raises(LedgerRefusal, match="another product"):
        orders.place(new=new(make.product()), source=API)
    assert InventoryEvent.objects.count() == events


@pytest.mark.django_db(transaction=True)
def test_two_at_once_book_it_once() -> None:
    product = stocked(100)
    at_once(8, lambda n: orders.place(new=new(product, quantity=10), source=API))
    assert stock(product) == (100, 10)
    order, item = Order.objects.get(), OrderItem.objects.get()
    at_once(8, lambda n: orders.ship(order=order, totals={item.pk: 4}, at=AT, source=API))
    assert stock(product) == (96, 6)

    def cancel_or_ship(n: int) -> None:
        if n % 2:
            orders.cancel(order=order, totals={item.pk: 3}, cancelled_by=CancelledBy.CUSTOMER, at=AT, source=API)
        else:
            orders.ship(order=order, totals={item.pk: 7}, at=AT, source=API)

    at_once(8, cancel_or_ship)
    assert stock(product) == (93, 0)
    assert Order.objects.get().status == 3
    assert not any(outcome.differences for outcome in verify.run())


@pytest.mark.django_db(transaction=True)
def test_orders_over_the_same_products_do_not_wait_in_a_circle() -> None:
    products = [stocked(100) for _ in range(4)]

    def life(n: int) -> None:
        mixed = products if n % 2 else products[::-1]
        lines = [NewLine(str(1000 + n * 10 + k), each.pk, 2, Decimal(10)) for k, each in enumerate(mixed)]
        placed = orders.place(new=NewOrder(f"B-{n}", AT, "GBP", lines), source=API)
        items = list(placed.items.values())
        orders.ship(order=placed.order, totals={each.pk: 1 for each in items}, at=AT, source=API)
        orders.cancel(
            order=placed.order,
            totals={each.pk: 1 for each in items},
            cancelled_by=CancelledBy.CUSTOMER,
            at=AT,
            source=API,
        )

    at_once(10, life)
    assert [stock(each) for each in products] == [(90, 0)] * 4
    assert not any(outcome.differences for outcome in verify.run())
