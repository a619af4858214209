"""Files of orders: what they write, freeze, allocate and refuse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inventory_ops.models import (
    Import,
    InventoryEvent,
    Order,
    OrderItem,
    PaymentAttempt,
    StockBalance,
)
from tests.imports.support import ORDER, ORDERS, Load, messages, tables

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


def test_an_order_of_several_items(load: Load) -> None:
    load("orders", ORDERS)
    order = Order.objects.get(number="O1")
    assert order.store and order.store.number == "S1"
    assert (order.total_amount, order.currency, order.status) == (60, "GBP", 3)
    assert order.placed_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert order.last_activity_at == order.closed_at == datetime(2026, 2, 2, 10, tzinfo=UTC)
    item = OrderItem.objects.get(shop_item_id="1")
    assert (item.status, item.ordered_at, item.shipped_at) == (3, order.placed_at, order.last_activity_at)
    cart = Order.objects.get(number="O3")
    assert (cart.placed_at, cart.closed_at) == (None, None)
    assert cart.last_activity_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_open_orders_allocate_and_release(load: Load) -> None:
    head = ORDER + ",quantity_shipped,cancelled_quantity,cancelled_by\n"
    load("orders", head + "O2,3,2,2026-03-01T10:00,B,5,20,1,,\n")
    assert StockBalance.objects.get().allocated == 4
    event = InventoryEvent.objects.get()
    assert (event.kind, event.quantity, event.reference, event.source) == ("allocated", 4, "O2", "order")
    load("orders", head + "O2,3,2,2026-03-01T10:00,B,5,20,2,1,seller\n")
    assert StockBalance.objects.get().allocated == 2
    load("orders", head + "O2,3,3,2026-03-01T10:00,B,5,20,4,1,seller\n")
    balance = StockBalance.objects.get()
    assert (balance.on_hand, balance.allocated, balance.version) == (0, 0, 3)
    assert list(InventoryEvent.objects.order_by("sequence").values_list("quantity", flat=True)) == [4, -2, -2]


def test_price_and_cost_freeze_when_the_cart_is_left(load: Load) -> None:
    head = ORDER + ",unit_cost,updated_at\n"
    load("orders", head + "O,1,1,2026-03-01T10:00,B,1,20,10,2026-03-01T10:00\n")
    assert OrderItem.objects.get().issue_at is None
    load("orders", head + "O,1,1,2026-03-01T10:00,B,1,8,10,2026-03-01T10:30\n")
    item = OrderItem.objects.get()
    assert (item.unit_price, item.issue_at) == (8, datetime(2026, 3, 1, 10, 30, tzinfo=UTC))
    load("orders", head + "O,1,2,2026-03-01T10:00,B,1,7,10,2026-03-01T13:00\n")
    order = Order.objects.get()
    assert OrderItem.objects.get().unit_price == 7
    assert order.recovered_at == datetime(2026, 3, 1, 13, tzinfo=UTC)  # it had been still for 2 ½ hours
    load("orders", head + "O,1,3,2026-03-01T10:00,B,1,99,1,2026-03-01T14:00\n")
    item = OrderItem.objects.get()
    assert (item.unit_price, item.unit_cost, item.status) == (7, 10, 3)
    assert Order.objects.get().total_amount == 7
    assert Order.objects.get().recovered_at == order.recovered_at


def test_the_flash_sale_of_the_issue_is_kept(load: Load) -> None:
    load("flash_sales", "sku,starts_at,ends_at,percentage\nB,2026-02-01,2026-02-03,50\n")
    load(
        "orders",
        ORDER + ",unit_cost\nO,1,3,2026-02-02T00:00,B,1,10,12\nP,2,3,2026-02-03T00:00,B,1,10,12\n"
        "Q,3,3,2026-02-02,B,1,12,12\n",
    )
    kept = {item.shop_item_id: item for item in OrderItem.objects.all()}
    assert (kept["1"].issue_at, kept["1"].issue_sale_percentage) == (kept["1"].ordered_at, 50)
    assert kept["2"].issue_at and kept["2"].issue_sale_percentage is None
    assert kept["3"].issue_at is None


def test_card_issues(load: Load) -> None:
    head = ORDER + ",card_issue\n"
    outcome = load(
        "orders",
        head + "O,1,1,2026-03-01T10:00,B,1,20,51: Insufficient funds\n"
        "P,2,1,2026-03-01T10:00,B,1,20,Declined by bank: try later\n"
        "Q,3,1,2026-03-01T10:00,B,1,20,4111 1111 1111 1111 declined\n",
    )
    assert messages(outcome) == [(4, "card_issue", "card_number")]
    assert "4111" not in str(list(Import.objects.latest("created_at").errors.values()))
    attempts = dict(PaymentAttempt.objects.values_list("code", "message"))
    assert attempts == {"51": "Insufficient funds", "": "Declined by bank: try later"}
    assert not PaymentAttempt.objects.filter(succeeded=True).exists()


BAD_ORDERS = [
    ("O,1,3,2026-01-01,B,1,1,,2,,", "quantity_shipped", "too_many"),
    ("O,1,3,2026-01-01,B,2,1,,1,2,seller", "quantity_shipped", "too_many"),
    ("O,1,3,2026-01-01,B,2,1,,1,1,", "cancelled_by", "required"),
    ("O,1,3,2026-01-01,B,2,1,,1,,seller", "cancelled_quantity", "required"),
    ("O,1,3,2026-01-01,B,2,1,,1,1,alien", "cancelled_by", "choice"),
    ("O,1,1,2026-01-01,B,2,1,,1,,", "quantity_shipped", "cart"),
    ("O,1,4,2026-01-01,B,2,1,,1,,", "status", "choice"),
    ("O,1,0,2026-01-01,B,2,1,,1,,", "status", "choice"),
    ("O,1,3,2026-01-01,B,0,1,,,,", "quantity", "range"),
    ("O,1,3,2026-01-01,B,-1,1,,,,", "quantity", "range"),
    ("O,1,3,2026-01-01,B,1.5,1,,,,", "quantity", "number"),
    (f"O,{'x' * 101},3,2026-01-01,B,1,1,,,,", "item_id", "too_long"),
    ("O,1,3,01/02/2026,B,1,1,,,,", "created_at", "moment"),
    ("O,1,3,,B,1,1,,,,", "created_at", "required"),
    ("O,1,3,2026-01-01,B,1,,,,,", "unit_price", "required"),
    ("O,1,3,2026-01-01,B,1,-1,,,,", "unit_price", "range"),
    ("O,1,3,2026-01-01,B,1,1,-1,,,", "unit_cost", "range"),
    ("O,1,3,2026-01-01,B,10000000,999999999,,,,", "unit_price", "too_large"),
    (",1,3,2026-01-01,B,1,1,,,,", "order_number", "required"),
    ("X,77,3,2026-01-01,B,1,1,,,,", "item_id", "other_order"),
    ("K,77,3,2026-01-01,D,1,1,,,,", "item_id", "other_product"),
    ("K,77,1,2026-01-01,B,1,1,,,,", "status", "backwards"),
    ("K,78,3,2026-01-01,C,1,1,,,,", "sku", "currency"),
]


@pytest.mark.parametrize(("row", "column", "code"), BAD_ORDERS)
def test_orders_refused(load: Load, row: str, column: str, code: str) -> None:
    load("orders", ORDER + "\nK,77,3,2026-01-01,B,1,1\n")
    before = tables()
    outcome = load("orders", f"{ORDER},unit_cost,quantity_shipped,cancelled_quantity,cancelled_by\n{row}\n")
    assert (2, column, code) in messages(outcome)
    assert outcome.applied == 0
    assert tables() == before


def test_rows_of_one_order_must_agree(load: Load) -> None:
    outcome = load(
        "orders",
        ORDER + ",store_number,promo_code\nO,1,3,2026-01-01,B,1,1,S1,X\nO,2,2,2026-01-01,B,1,1,S1,X\n"
        "O,4,3,2026-01-01,B,1,1,S1,\nO,5,3,2026-01-01,B,1,1,S1,X\nO,1,3,2026-01-01,B,1,1,S1,X\n",
    )
    assert messages(outcome) == [
        (3, "status", "disagrees"),
        (4, "promo_code", "disagrees"),
        (6, "item_id", "duplicate"),
    ]
    assert set(OrderItem.objects.values_list("shop_item_id", flat=True)) == {"1", "5"}
    assert Order.objects.get().total_amount == 2


@pytest.mark.parametrize(
    ("vendor", "text", "expected"),
    [
        ("V2", "2026-07-01T12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("V2", "2026-01-01T12:00", datetime(2026, 1, 1, 11, tzinfo=UTC)),
        ("V2", "2026-01-01T12:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("V2", "2026-03-29T02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: an hour later
        ("V2", "2025-10-26T02:30", datetime(2025, 10, 26, 1, 30, tzinfo=UTC)),  # twice: the second
        ("V2", "2025-10-26T02:30+02:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("V1", "2025-12-31T23:59:59.999999", datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("V1", "1900-01-01T00:00", datetime(1900, 1, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_moments_are_of_the_merchants_zone(load: Load, vendor: str, text: str, expected: datetime) -> None:
    outcome = load("orders", f"{ORDER},vendor_number\nO,1,3,{text},A,1,1,{vendor}\n")
    assert outcome.errors == []
    assert Order.objects.get().created_at == expected
