"""What comes back is refunded at the item's price and commission, whoever tells it, and once."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from inventory_ops.models import InventoryEvent, Merchant, OrderItem, Product
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, orders, stock_returns, stock_undo
from inventory_ops.operations.imports.files import load_files
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.orders import NewLine, NewOrder
from inventory_ops.operations.stock import ChangeDetails, Place
from lost_damaged.models import Statement, StatementLine
from lost_damaged.queries import statements as queries
from lost_damaged.queries import verification
from tests import make
from tests.channels import world as channels
from tests.imports.support import write

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 3, 12, tzinfo=UTC)
HEAD = "order_number,item_id,status,created_at,sku,quantity,unit_price,commission,quantity_shipped,shipped_at"


def books(seller: Merchant) -> Statement:
    return Statement.objects.create(
        number=f"ST-{seller.pk}", merchant=seller, currency="GBP", starts_at=datetime(2026, 11, 1, tzinfo=UTC)
    )


def sold(units: int = 3) -> tuple[Product, OrderItem]:
    """Units of a product of 10.00, with a commission of 1.50, ordered and shipped."""
    product = make.product()
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 10)], source=EventSource.CSV)
    books(product.merchant)
    line = NewLine("501", product.pk, units, Decimal("10"))
    placed = orders.place(new=NewOrder("A-1", AT, "GBP", [line]), source=EventSource.API)
    [item] = placed.items.values()
    OrderItem.objects.filter(pk=item.pk).update(commission=Decimal("1.50"))
    orders.ship(order=placed.order, totals={item.pk: units}, at=AT, source=EventSource.API)
    item.refresh_from_db()
    return product, item


def refunded() -> tuple[Decimal, Decimal]:
    totals = queries.figures(Statement.objects.get()).totals
    assert verification.problems() == []
    return tuple(totals[kind].amount if kind in totals else Decimal(0) for kind in ("refund", "fee_refund"))  # type: ignore[return-value]


def test_a_return_in_the_ledger_refunds_price_and_commission() -> None:
    _product, item = sold()
    orders.give_back(order=item.order, totals={item.pk: 1}, resealable=True, at=AT, source=EventSource.API)
    assert refunded() == (Decimal("-10"), Decimal("1.50"))
    orders.give_back(order=item.order, totals={item.pk: 1}, resealable=True, at=AT, source=EventSource.API)
    assert refunded() == (Decimal("-10"), Decimal("1.50"))
    orders.give_back(order=item.order, totals={item.pk: 3}, resealable=False, at=AT, source=EventSource.API)
    assert refunded() == (Decimal("-30"), Decimal("4.50"))
    assert StatementLine.objects.filter(kind="refund").count() == 2


def test_a_return_typed_on_the_page_is_of_an_order_item_or_of_none() -> None:
    product, _item = sold()
    client = Client()
    client.force_login(make.user("operations"))
    form: dict[str, object] = {
        "product": product.pk,
        "location": "MAIN",
        "quantity": 2,
        "condition": "resealable",
        "reason": "return",
    }
    address = f"/inventory/adjust/return/?product={product.pk}"

    def post(**more: object) -> HttpResponse:
        return client.post(address, form | {"key": str(uuid.uuid4())} | more)

    assert post().status_code == 302
    assert refunded() == (0, 0)
    assert post(shop_item_id="501").status_code == 302
    assert refunded() == (Decimal("-20"), Decimal("3"))
    answer = post(shop_item_id="501")
    assert "1 shipped units have not come back yet" in answer.content.decode()
    assert "has no order item 777" in post(shop_item_id="777").content.decode()
    event = InventoryEvent.objects.get(kind="returned", order_item_id__isnull=False)
    stock_undo.undo(event=event, by=make.user("operations"))
    assert refunded() == (0, 0)


def test_a_late_cancellation_of_shipped_units_is_a_refund() -> None:
    _product, item = sold()
    orders.cancel_late(order=item.order, units={item.pk: 2}, by=make.user("operations"))
    assert refunded() == (Decimal("-20"), Decimal("3"))


def test_the_ledger_and_a_channel_tell_of_the_same_units() -> None:
    product, item = sold()
    orders.refunded(order=item.order, totals={item.pk: 2}, at=AT)
    assert refunded() == (Decimal("-20"), Decimal("3"))
    stock_returns.accept_return(
        place=Place(product),
        quantity=1,
        resealable=True,
        details=ChangeDetails("return"),
        by=make.user("operations"),
        shop_item_id="501",
    )
    assert refunded() == (Decimal("-20"), Decimal("3"))
    orders.refunded(order=item.order, totals={item.pk: 1}, at=AT)
    assert refunded() == (Decimal("-20"), Decimal("3"))


def test_what_a_channel_tells_of_returns_is_refunded() -> None:
    merchant = make.merchant()
    books(merchant)
    channel, shop = channels.channel(merchant)
    product = channels.listed(merchant, 10, (channel, shop))
    channels.sync(channel)
    shop.order("1", timezone.now(), **{f"x-{product.sku}": 3})
    channels.sync(channel)
    shop.ship("1", timezone.now())
    channels.sync(channel)
    order = shop.placed["1"]
    lines = tuple(replace(line, returned=2) for line in order.lines)
    shop.placed["1"] = replace(order, lines=lines, updated_at=timezone.now())
    channels.sync(channel)
    assert refunded()[0] == Decimal("-19.98")


def test_no_more_comes_back_than_was_shipped() -> None:
    product, item = sold()
    with pytest.raises(LedgerRefusal):
        stock_returns.accept_return(
            place=Place(product),
            quantity=4,
            resealable=True,
            details=ChangeDetails("return"),
            by=make.user("operations"),
            shop_item_id=item.shop_item_id,
        )
    assert refunded() == (0, 0)


def test_an_import_of_orders_tells_returns_and_a_missing_commission(tmp_path: Path) -> None:
    product = make.product("B", of=make.merchant("V1"))
    books(product.merchant)

    def load(columns: str, row: str) -> list[tuple[str, str]]:
        [outcome] = load_files([write(tmp_path, "orders", f"{HEAD}{columns}\nO,1,3,2026-11-02,B,3,10,{row}\n")])
        return [(error.column, error.code) for error in outcome.errors]

    assert load("", ",3,2026-11-03") == []
    assert [line.kind for line in StatementLine.objects.all()] == ["order"]
    assert load(",returned_quantity,returned_at", "1.50,3,2026-11-03,1,2026-11-05") == []
    assert refunded() == (Decimal("-10"), Decimal("1.50"))
    item = OrderItem.objects.get()
    assert (item.commission, item.returned_at) == (Decimal("1.5"), datetime(2026, 11, 5, tzinfo=UTC))
    assert load("", "1.50,3,2026-11-03") == []  # without the column what is known stays
    assert refunded() == (Decimal("-10"), Decimal("1.50"))
    assert load(",returned_quantity", "1.50,3,2026-11-03,4") == [("returned_quantity", "too_many")]
    assert load("", "1.50,0,") == []  # cancelled after shipping: nothing is owed, nothing came back
    assert queries.figures(Statement.objects.get()).closing == 0
    assert refunded() == (0, 0)
