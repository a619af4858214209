"""Kind `woocommerce` against its documented contract. Not tried against a live shop."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory_ops.adapters import kinds, web
from inventory_ops.adapters.protocol import AuthFailed, BadRequest, Outcome, StockWrite, Unavailable
from inventory_ops.adapters.woocommerce import WooCommerceAdapter
from inventory_ops.models import Channel, ChannelListing, ChannelOrder, ChannelWebhook, Order
from inventory_ops.operations import verify
from inventory_ops.operations.channels.credentials import sealed
from inventory_ops.queries import channels as queries
from tests import make
from tests.channels import world
from tests.channels.woocommerce_contract import KEY, SECRET, Stub, ago, gmt


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


def adapter(stub: Stub, secret: str = SECRET) -> WooCommerceAdapter:
    return WooCommerceAdapter(stub.url, KEY, secret, webhook_secret="hush", per_second=1000)


def write(external_id: str, units: int) -> StockWrite:
    return StockWrite(uuid.uuid4(), external_id, "", units)


def test_products_and_variations_are_listed_page_by_page(stub: Stub) -> None:
    for n in range(130):
        stub.list(f"P-{n}", n)
    for n in range(120):
        stub.list(f"V-{n}", n, variation_of="Shirt")
    stub.list("SHARED", 5, variation_of="Mug", manage_stock="parent")
    stub.list("FREE", None)
    stub.list("KIT", None, type="grouped")
    channel, items, cursor = adapter(stub), [], None
    while True:
        page = channel.stock(cursor)
        items += page.items
        cursor = page.next
        if cursor is None:
            break
    by_sku = {item.sku: item for item in items}
    assert len(items) == len(by_sku) == 252  # what is only a frame for others cannot be stocked
    assert by_sku["V-7"].title == "Shirt – V-7"
    assert (by_sku["V-7"].available, by_sku["P-9"].available, by_sku["P-9"].price) == (7, 9, Decimal("19.99"))
    assert not by_sku["SHARED"].tracked
    assert not by_sku["FREE"].tracked
    ids = [by_sku[sku].external_id for sku in ("V-7", "P-9", "V-119")]
    assert {item.sku for item in channel.stock(ids=[*ids, "999/1", "12/999", "nonsense"]).items} == {
        "V-7", "P-9", "V-119",
    }  # fmt: skip


def test_each_item_has_its_own_outcome_and_each_parent_its_own_batch(stub: Stub) -> None:
    plain = [stub.list(f"P-{n}", 1) for n in range(3)]
    sizes = [stub.list(f"V-{n}", 1, variation_of="Shirt") for n in range(2)]
    unmanaged = stub.list("FREE", None)
    parent = sizes[0].partition("/")[0]
    writes = [
        write(each, 5) for each in (*plain, *sizes, unmanaged, "999999", f"{parent}/999999", "999999/1", "nonsense")
    ]
    results = {result.key: result for result in adapter(stub).write_stock(writes)}
    assert [results[each.key].outcome for each in writes] == [Outcome.APPLIED] * 6 + [Outcome.REJECTED] * 4
    assert "Invalid ID" in results[writes[6].key].message
    assert [stub.found(each)["stock_quantity"] for each in (*plain, *sizes, unmanaged)] == [5] * 6
    assert stub.found(unmanaged)["manage_stock"] is True
    assert f"products/{parent}/variations/batch" in {path for path, _count in stub.batches}


def test_at_most_a_hundred_objects_a_batch(stub: Stub) -> None:
    items = [stub.list(f"P-{n}", 1) for n in range(100)]
    adapter(stub).write_stock([write(each, 4) for each in items])
    assert stub.batches == [("products/batch", 100)]
    stub.limit = 30  # a shop may have set another
    assert {each.outcome for each in adapter(stub).write_stock([write(each, 6) for each in items])} == {Outcome.APPLIED}
    assert {stub.found(each)["stock_quantity"] for each in items} == {6}


def test_what_went_wrong_after_a_part_was_written_is_read_back(stub: Stub) -> None:
    plain, size = stub.list("P", 1), stub.list("V", 1, variation_of="Shirt")
    stub.fault = lambda method, path: 500 if "variations/batch" in path else None
    writes = [write(plain, 5), write(size, 5)]
    [result] = adapter(stub).write_stock(writes)  # the other has no answer
    assert (result.key, result.outcome) == (writes[0].key, Outcome.APPLIED)
    with pytest.raises(Unavailable) as caught:
        adapter(stub).write_stock(writes[1:])
    assert caught.value.ambiguous


def test_a_wrong_secret(stub: Stub) -> None:
    with pytest.raises(AuthFailed):
        adapter(stub, "nope").check()
    assert adapter(stub).check() == "127.0.0.1 (0 products)"
    with pytest.raises(BadRequest):
        WooCommerceAdapter("http://10.0.0.1", KEY, SECRET).check()


@pytest.mark.parametrize("garbage", [None, "x", 7, {}, {"a": 1}, [1], [{"id": "x"}]])
def test_an_answer_that_is_not_understood_says_nothing(garbage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = WooCommerceAdapter("https://shop.example.com", KEY, SECRET)
    headers = {"x-wp-total": "1", "x-wp-totalpages": "1"}
    monkeypatch.setattr(web.Client, "call", lambda *_arguments, **_named: web.Answer(garbage, headers))
    asked: list[Callable[[], object]] = [
        lambda: channel.stock(),
        lambda: channel.stock(ids=["1", "2/3"]),
        lambda: channel.write_stock([write("1", 5)]),
        lambda: channel.orders_by_id(["1"]),
        lambda: channel.carts_by_id(["1"]),
    ]
    for ask in asked:
        with pytest.raises(Unavailable, match="understand"):
            ask()


def test_states_and_refunds(stub: Stub) -> None:
    item = stub.list("P", 50)
    held = stub.order(item, 3, status="on-hold")
    gone = stub.order(item, 3)
    stub.move(gone, "cancelled")
    part = stub.order(item, 3)
    stub.refund(part, 1)
    back = stub.order(item, 3, status="completed", at=ago(hours=3))
    stub.refund(back, 1)
    early = stub.order(item, 3, at=ago(hours=3))
    stub.refund(early, 1, at=ago(hours=2))
    stub.move(early, "completed", at=ago(hours=1))
    repaid = stub.order(item, 3, status="completed")
    stub.move(repaid, "refunded")
    own = stub.order(item, 3)
    own["status"] = "packing"  # a plugin's: held, until it says otherwise
    cases = [held, gone, part, back, early, repaid, own]
    found = {each.external_id: each for each in adapter(stub).orders_by_id([str(each["id"]) for each in cases])}
    told = []
    for case in cases:
        order = found[str(case["id"])]
        [line] = order.lines
        told.append((order.state, line.open, line.fulfilled, line.cancelled, line.returned))
    assert told == [
        ("placed", 3, 0, 0, 0),
        ("cancelled", 0, 0, 3, 0),
        ("placed", 2, 0, 1, 0),
        ("shipped", 0, 3, 0, 1),
        ("shipped", 0, 2, 1, 0),
        ("cancelled", 0, 3, 0, 3),
        ("placed", 3, 0, 0, 0),
    ]
    assert found[str(held["id"])].lines[0].unit_price == Decimal("19.99")


def connected(stub: Stub, merchant: Any) -> Channel:
    channel, _shop = world.channel(
        merchant,
        kind="woocommerce",
        options={"url": stub.url},
        credentials=sealed({"consumer_key": KEY, "consumer_secret": SECRET, "webhook_secret": "hush"}),
    )
    return channel


def one_product(stub: Stub, units: int = 10) -> tuple[Channel, Any, str]:
    merchant = make.merchant()
    item = stub.list("S-1", units, variation_of="Lamp")
    channel = connected(stub, merchant)
    product = world.stocked(merchant, units, sku="S-1")
    world.listing(channel, product, item)
    world.sync(channel)
    return channel, product, item


@pytest.mark.django_db
def test_the_life_of_an_order(stub: Stub) -> None:
    channel, product, item = one_product(stub)
    order = stub.order(item, 3)
    world.sync(channel)
    assert (world.stock(product), stub.found(item)["stock_quantity"]) == ((10, 3), 7)
    stub.refund(order, 1)  # does not move the order's own time: open orders are read again
    world.sync(channel)
    assert world.stock(product) == (10, 2)
    world.receive(product, 5)
    world.sync(channel)
    assert stub.found(item)["stock_quantity"] == 13
    stub.move(order, "completed")
    world.sync(channel)
    assert (world.stock(product), Order.objects.get().status) == ((13, 0), 3)
    stub.refund(order, 1)
    stub.move(order, "completed")
    world.sync(channel)
    assert world.stock(product) == (13, 0)
    assert queries.waiting_lines().get().waiting_quantity == 1  # a person decides where it goes
    assert not any(outcome.differences for outcome in verify.run())


@pytest.mark.django_db
def test_a_lost_answer_is_read_back_and_not_sent_again(stub: Stub) -> None:
    channel, product, item = one_product(stub)
    stub.batches.clear()
    world.receive(product, 5)
    stub.fault = lambda method, path: "lost" if method == "POST" else None
    assert world.sync(channel).error
    assert stub.found(item)["stock_quantity"] == 15
    stub.fault = lambda method, path: None
    for _ in range(2):
        assert not world.sync(channel).error
    assert len(stub.batches) == 1
    row = ChannelListing.objects.get()
    assert (row.state, row.is_due, row.intent_key) == ("sent", False, None)


@pytest.mark.django_db
def test_orders_that_wait_for_money_are_carts_until_it_comes_or_they_are_given_up(stub: Stub) -> None:
    channel, product, item = one_product(stub)
    waits = stub.order(item, 2, status="pending", coupon_lines=[{"code": "spring"}], discount_total="2.50")
    fails = stub.order(item, 1, status="failed", customer_note="Hello?")
    draft = stub.order(item, 1, status="checkout-draft")
    world.sync(channel)
    cart = Order.objects.get(number=f"{channel.code}-{waits['number']}")
    assert (cart.status, cart.promo_code, cart.promo_value) == (1, "spring", Decimal("2.50"))
    failed = Order.objects.get(number=f"{channel.code}-{fails['number']}")
    assert (failed.payment_attempts.get().message, failed.comment) == ("Card", "Hello?")
    assert world.stock(product) == (10, 0)
    stub.move(waits, "processing")
    stub.move(fails, "cancelled")  # the shop gives up what waited too long
    del stub.orders[draft["id"]]
    outcome = world.sync(channel)
    assert outcome.carts.gone == 2
    assert list(Order.objects.values_list("number", "status")) == [(f"{channel.code}-{waits['number']}", 2)]
    assert world.stock(product) == (10, 2)
    assert ChannelOrder.objects.count() == 1


@pytest.mark.django_db
def test_one_on_hold_that_is_cancelled_unpaid_gives_back_what_it_held(stub: Stub) -> None:
    channel, product, item = one_product(stub)
    order = stub.order(item, 2, status="on-hold")
    world.sync(channel)
    assert world.stock(product) == (10, 2)
    stub.move(order, "cancelled")
    world.sync(channel)
    assert (world.stock(product), stub.found(item)["stock_quantity"]) == ((10, 0), 10)


def test_the_poll_speaks_in_gmt(stub: Stub) -> None:
    item = stub.list("P", 50)
    stub.order(item, 1, at=ago(hours=5))
    recent = stub.order(item, 1, at=ago(minutes=1))
    found = adapter(stub).orders(ago(minutes=30), ago())
    assert [each.external_id for each in found.items] == [str(recent["id"])]
    assert gmt(found.items[0].updated_at) == recent["date_modified_gmt"]
    assert found.items[0].updated_at.utcoffset() == timedelta(0)


def signed(body: bytes, *, key: str = "hush", delivery: str = "d-1") -> dict[str, str]:
    signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    return {
        "X-WC-Webhook-Signature": signature,
        "X-WC-Webhook-Delivery-ID": delivery,
        "X-WC-Webhook-Topic": "order.updated",
    }


@pytest.mark.django_db
def test_webhooks_are_verified_counted_once_and_read_from_the_shop(stub: Stub) -> None:
    channel, product, item = one_product(stub)
    order = stub.order(item, 2)
    address = f"/channels/webhooks/{channel.webhook_token}/"
    browser = Client(enforce_csrf_checks=True)

    def send(body: bytes, headers: dict[str, str]) -> int:
        return browser.post(address, body, content_type="application/json", headers=headers).status_code

    body = json.dumps({**order, "line_items": [], "total": "ignore me"}).encode()
    assert send(body, signed(body)) == 204
    assert send(body, signed(body)) == 204
    assert ChannelWebhook.objects.get().order_id == str(order["id"])
    assert send(body + b" ", signed(body)) == 400
    assert send(body, signed(body, key="guess", delivery="d-2")) == 400
    assert send(b"webhook_id=7", {}) == 400  # the ping of a new webhook is not signed
    for strange in (b"[]", b"\xff", b'{"id":5}'):
        assert send(strange, signed(strange, delivery="d-3")) == 400
    cart = json.dumps(stub.order(item, 1, status="pending")).encode()
    assert send(cart, signed(cart, delivery="d-4")) == 204
    assert ChannelWebhook.objects.get(delivery_id="d-4").order_id == ""  # no order yet
    world.sync(channel)
    assert world.stock(product) == (10, 2)
    assert not ChannelWebhook.objects.filter(handled_at=None).exists()


def test_it_says_that_it_was_not_tried() -> None:
    assert kinds.get("woocommerce").untried
    assert [each.name for each in kinds.get("woocommerce").settings if each.secret] == [
        "consumer_key", "consumer_secret", "webhook_secret",
    ]  # fmt: skip
