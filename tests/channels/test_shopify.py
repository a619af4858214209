"""Kind `shopify` against its documented contract. Not tried against the live service."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from inventory_ops.adapters import kinds
from inventory_ops.adapters.protocol import AuthFailed, Outcome, RateLimited, StockWrite
from inventory_ops.adapters.shopify import ShopifyAdapter
from inventory_ops.models import Channel, ChannelWebhook, Order
from inventory_ops.operations.channels.credentials import sealed
from tests import make
from tests.channels import world
from tests.channels.shopify_contract import LOCATION, TOKEN, Stub


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


def adapter(stub: Stub, token: str = TOKEN) -> ShopifyAdapter:
    return ShopifyAdapter(stub.url, token, LOCATION, webhook_secret="hush", per_second=1000)


def write(item: str, units: int, expected: int | None) -> StockWrite:
    return StockWrite(uuid.uuid4(), item, "", units, LOCATION, expected)


def test_stale_and_unknown_items_are_told_apart_and_the_rest_is_written(stub: Stub) -> None:
    items = [stub.list(n, f"S-{n}", 10) for n in range(4)]
    writes = [write(items[0], 5, 10), write(items[1], 5, 9), write("gid://shopify/InventoryItem/99", 1, None),
              write(items[3], 6, None)]  # fmt: skip
    results = {result.key: result for result in adapter(stub).write_stock(writes)}
    assert [results[each.key].outcome for each in writes] == [
        Outcome.APPLIED, Outcome.STALE, Outcome.REJECTED, Outcome.APPLIED,
    ]  # fmt: skip
    assert results[writes[1].key].current == 10
    assert [stub.items[item]["available"] for item in items] == [5, 10, 10, 6]


def test_the_same_intent_has_the_same_key_and_is_applied_once(stub: Stub) -> None:
    item = stub.list(1, "S-1", 10)
    once = write(item, 5, 10)
    channel = adapter(stub)
    channel.write_stock([once])
    stub.items[item]["available"] = 4  # somebody bought one
    channel.write_stock([once])  # sent again after a lost answer: the first result, nothing is written
    assert stub.items[item]["available"] == 4
    assert len(stub.keys) == 1


def test_throttling_says_how_long_to_wait(stub: Stub) -> None:
    stub.throttled = 1
    with pytest.raises(RateLimited) as caught:
        adapter(stub).check()
    assert caught.value.retry_after == 1.5
    assert adapter(stub).check() == "Stub, Main"


def test_a_wrong_token(stub: Stub) -> None:
    with pytest.raises(AuthFailed):
        adapter(stub, "nope").check()


def test_cancelled_and_returned_units(stub: Stub) -> None:
    item = stub.list(1, "S-1", 10)
    gone = stub.order(1, item, 3, cancelledAt="2026-05-01T10:00:00Z")
    gone["lineItems"]["nodes"][0]["currentQuantity"] = 0
    back = stub.order(2, item, 3, fulfilled=3)
    back["lineItems"]["nodes"][0]["currentQuantity"] = 2
    part = stub.order(3, item, 3, fulfilled=1)
    found = adapter(stub).orders_by_id([gone["id"], back["id"], part["id"]])
    told = [(o.state, o.lines[0].open, o.lines[0].fulfilled, o.lines[0].cancelled, o.lines[0].returned) for o in found]
    assert told == [("cancelled", 0, 0, 3, 0), ("shipped", 0, 3, 0, 1), ("placed", 2, 1, 0, 0)]


@pytest.mark.django_db
def test_a_sale_between_reading_and_writing_is_not_written_over(stub: Stub) -> None:
    merchant = make.merchant()
    item = stub.list(1, "S-1", 10)
    channel = connected(stub, merchant)
    product = world.stocked(merchant, 10, sku="S-1")
    world.listing(channel, product, item, there_quantity=10)
    world.sync(channel)
    world.receive(product, 5)
    stub.items[item]["available"] = 8  # two were bought, and the order cannot be read yet
    outcome = world.sync(channel)
    assert (outcome.pushed.stale, stub.items[item]["available"]) == (0, 15)  # no order to be seen: ours counts
    stub.order(7, item, 2)
    stub.items[item]["available"] = 13
    world.sync(channel)
    assert (stub.items[item]["available"], world.stock(product)) == (13, (15, 2))


@pytest.mark.django_db
def test_abandoned_checkouts_come_and_go(stub: Stub) -> None:
    merchant = make.merchant()
    item = stub.list(1, "S-1", 10)
    channel = connected(stub, merchant)
    world.listing(channel, world.stocked(merchant, 10, sku="S-1"), item)
    bought = stub.cart(1, item, 2, discountCodes=["SPRING"], totalDiscountSet={"shopMoney": {"amount": "5.00"}})
    stub.cart(2, item, 1, customer=None)
    assert world.sync(channel).carts.carts == 2
    cart = Order.objects.get(number=f"{channel.code}-C1")
    assert (cart.recovery_url, cart.marketing_consent) == ("https://shop.example/checkouts/1/recover", True)
    assert (cart.status, cart.customer_email, cart.promo_code, cart.promo_value) == (
        1, "jane@example.org", "SPRING", 5,
    )  # fmt: skip
    bought["completedAt"] = bought["updatedAt"]  # the order that it became is told by itself
    stub.order(1, item, 2)
    stub.checkouts.pop()  # the shop deletes checkouts after some months
    assert world.sync(channel).carts.gone == 2
    assert list(Order.objects.values_list("number", "status")) == [(f"{channel.code}-1", 2)]


@pytest.mark.django_db
def test_a_token_that_may_not_read_customers_costs_the_carts_alone(stub: Stub) -> None:
    merchant = make.merchant()
    item = stub.list(1, "S-1", 10)
    channel = connected(stub, merchant)
    product = world.stocked(merchant, 10, sku="S-1")
    world.listing(channel, product, item, there_quantity=10)
    stub.cart(1, item, 2)
    stub.order(1, item, 1)
    stub.hides_customers = True
    outcome = world.sync(channel)
    channel.refresh_from_db()
    assert (outcome.error, channel.is_paused, world.stock(product)) == ("", False, (10, 1))
    assert "take no carts" in channel.carts_error
    stub.hides_customers = False
    world.sync(channel)
    channel.refresh_from_db()
    assert (channel.carts_error, Order.objects.filter(status=1).count()) == ("", 1)


def connected(stub: Stub, merchant: Any) -> Channel:
    channel, _shop = world.channel(
        merchant,
        kind="shopify",
        options={"url": stub.url, "location": "1"},
        credentials=sealed({"access_token": TOKEN, "webhook_secret": "hush"}),
    )
    return channel


def signed(body: bytes, *, key: str = "hush", delivery: str = "d-1") -> dict[str, str]:
    signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    return {
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Webhook-Id": delivery,
        "X-Shopify-Topic": "orders/create",
    }


@pytest.mark.django_db
def test_webhooks_are_verified_counted_once_and_read_from_the_shop(stub: Stub) -> None:
    merchant = make.merchant()
    item = stub.list(1, "S-1", 10)
    channel = connected(stub, merchant)
    product = world.stocked(merchant, 10, sku="S-1")
    world.listing(channel, product, item, there_quantity=10)
    order = stub.order(1, item, 2)
    address = f"/channels/webhooks/{channel.webhook_token}/"
    browser = Client(enforce_csrf_checks=True)

    def send(body: bytes, headers: dict[str, str], to: str = address) -> int:
        return browser.post(to, body, content_type="application/json", headers=headers).status_code

    body = json.dumps({"admin_graphql_api_id": order["id"], "note": "ignore me"}).encode()
    assert send(body, signed(body)) == 204
    assert send(body, signed(body)) == 204  # at least once, says the documentation
    assert ChannelWebhook.objects.get().order_id == order["id"]
    assert send(body + b" ", signed(body)) == 400
    assert send(body, signed(body, key="guess", delivery="d-2")) == 400
    assert send(body, {}) == 400
    assert send(b"[]", signed(b"[]", delivery="d-3")) == 400
    assert send(b"\xff", signed(b"\xff", delivery="d-3")) == 400
    assert send(body, signed(body), to=f"/channels/webhooks/{uuid.uuid4()}/") == 404
    assert browser.get(address).status_code == 405
    assert ChannelWebhook.objects.count() == 1
    world.sync(channel)
    assert world.stock(product) == (10, 2)
    assert ChannelWebhook.objects.get().handled_at is not None


def test_it_says_that_it_was_not_tried() -> None:
    assert kinds.get("shopify").untried
    assert not kinds.get("vendure").untried
