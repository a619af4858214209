"""Orders of channels move stock here, once, however often and by however many they are read."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory_ops.adapters.protocol import Basis
from inventory_ops.models import Channel, ChannelListing, ChannelOrder, ChannelOrderLine, InventoryEvent, Order
from inventory_ops.operations import orders, verify
from inventory_ops.operations.channels import exchange, intake
from inventory_ops.queries import channels as queries
from tests import make
from tests.channels import world
from tests.channels.fake import FakeChannel, Shop
from tests.together import at_once

pytestmark = pytest.mark.django_db
BASES = pytest.mark.parametrize("basis", list(Basis))


def two_channels(basis: Basis, units: int = 10) -> tuple[Any, Any, Any]:
    merchant = make.merchant()
    one, other = world.channel(merchant, basis=basis), world.channel(merchant)
    product = world.listed(merchant, units, one, other)
    for channel, _shop in (one, other):
        world.sync(channel)
    return one, other, product


def sync_all(*pairs: tuple[Channel, Shop]) -> None:
    for _ in range(2):
        for channel, _shop in pairs:
            world.sync(channel)


@BASES
def test_an_order_moves_stock_here_and_on_the_other_channel(basis: Basis) -> None:
    one, other, product = two_channels(basis)
    external_id, now = f"x-{product.sku}", timezone.now()
    one[1].order("1001", now, **{external_id: 3})
    sync_all(one, other)
    assert world.stock(product) == (10, 3)
    order = Order.objects.get()
    assert (order.number, order.status, order.customer_email) == (f"{one[0].code}-1001", 2, "jane@example.org")
    assert [shop.sellable(external_id) for _c, shop in (one, other)] == [7, 7]
    one[1].ship("1001", timezone.now())
    sync_all(one, other)
    assert world.stock(product) == (7, 0)
    assert Order.objects.get().status == 3
    assert [shop.sellable(external_id) for _c, shop in (one, other)] == [7, 7]
    assert len({event.source for event in InventoryEvent.objects.filter(order_item_id__isnull=False)}) == 1
    assert not any(outcome.differences for outcome in verify.run())


@BASES
def test_a_cancellation_within_the_window_restores_by_itself(basis: Basis) -> None:
    one, other, product = two_channels(basis)
    external_id, now = f"x-{product.sku}", timezone.now()
    one[1].order("1", now, **{external_id: 3})
    sync_all(one, other)
    one[1].cancel("1", now + timedelta(minutes=10), units=1)
    sync_all(one, other)
    assert world.stock(product) == (10, 2)
    one[1].cancel("1", now + timedelta(minutes=30))  # the thirtieth minute is still inside
    sync_all(one, other)
    assert world.stock(product) == (10, 0)
    assert not queries.waiting_lines().exists()
    assert [shop.sellable(external_id) for _c, shop in (one, other)] == [10, 10]


@BASES
def test_a_later_cancellation_waits_for_people(basis: Basis) -> None:
    one, other, product = two_channels(basis)
    external_id, now = f"x-{product.sku}", timezone.now()
    one[1].order("1", now, **{external_id: 3})
    sync_all(one, other)
    one[1].cancel("1", now + timedelta(minutes=31))
    sync_all(one, other)
    assert world.stock(product) == (10, 3)
    [line] = queries.waiting_lines()
    assert line.waiting_quantity == 3
    # until they decide, nobody sells the three units, not even where they were cancelled
    assert [shop.sellable(external_id) for _c, shop in (one, other)] == [7, 7]
    order = Order.objects.get()
    orders.cancel_late(order=order, units={line.item_id: 3}, by=make.user("operations"))  # type: ignore[dict-item]
    assert not queries.waiting_lines().exists()
    sync_all(one, other)
    assert not queries.waiting_lines().exists()
    assert world.stock(product) == (10, 0)
    assert [shop.sellable(external_id) for _c, shop in (one, other)] == [10, 10]


def test_reading_it_again_changes_nothing() -> None:
    one, _other, product = two_channels(Basis.AVAILABLE)
    one[1].order("1", timezone.now(), **{f"x-{product.sku}": 3})
    for _ in range(3):
        Channel.objects.update(orders_read_until=None)
        ChannelOrder.objects.update(digest=b"")  # as if it had never been looked at
        assert world.sync(one[0]).orders == 1
    assert world.stock(product) == (10, 3)
    assert InventoryEvent.objects.filter(order_item_id__isnull=False).count() == 1
    Channel.objects.update(orders_read_until=None)
    assert world.sync(one[0]).orders == 0  # known as it is: not looked at


def test_a_sale_between_our_reading_and_our_writing_is_not_sold_twice() -> None:
    """Available basis without compare-and-set: our write puts back what was sold; the next round takes it off."""
    one, other, product = two_channels(Basis.AVAILABLE)
    external_id = f"x-{product.sku}"
    world.receive(product, 5)
    Channel.objects.filter(pk=one[0].pk).update(takes_orders=False)
    one[1].order("1", timezone.now(), **{external_id: 2})  # after the orders were read …
    world.sync(one[0])  # … the quantity is written over it
    assert one[1].sellable(external_id) == 15
    Channel.objects.filter(pk=one[0].pk).update(takes_orders=True)
    sync_all(one, other)
    assert [shop.sellable(external_id) for _c, shop in (one, other)] == [13, 13]


def test_an_order_that_was_open_before_the_import_counts_what_is_left_of_it() -> None:
    """On-hand basis: the shelf was read with the open units on it, and without those that had left."""

    merchant = make.merchant()
    one = world.channel(merchant, basis=Basis.ON_HAND)
    product = world.listed(merchant, 10, one)
    at = timezone.now() - timedelta(days=3)
    snapshot = one[1].order("1", at, **{f"x-{product.sku}": 5})
    [line] = snapshot.lines
    one[1].placed["1"] = replace(snapshot, lines=(replace(line, open=2, fulfilled=2),))  # and one was cancelled
    one[1].order("0", at, **{f"x-{product.sku}": 4})
    one[1].ship("0", at)
    for _ in range(2):
        world.sync(one[0])
    assert world.stock(product) == (10, 2)
    one[1].placed["1"] = replace(snapshot, state="shipped", lines=(replace(line, open=0, fulfilled=4),))
    world.sync(one[0])
    assert world.stock(product) == (8, 0)
    assert ChannelOrder.objects.count() == 1


def test_an_unknown_item_is_a_problem_of_its_order_alone() -> None:
    one, _other, product = two_channels(Basis.AVAILABLE)
    external_id = f"x-{product.sku}"
    one[1].order("1", timezone.now(), x_strange=1, **{external_id: 2})
    one[1].order("2", timezone.now(), **{external_id: 1})
    assert world.sync(one[0]).problems == 1
    known = ChannelOrder.objects.get(external_id="1")
    assert "STRANGE" in known.problem
    assert world.stock(product) == (10, 3)  # what is ours is taken all the same
    strange = world.stocked(product.merchant, 4, sku="STRANGE")
    world.sync(one[0])  # found by its SKU now
    assert ChannelOrder.objects.get(external_id="1").problem == ""
    assert world.stock(strange) == (4, 1)
    assert world.stock(product) == (10, 3)


def test_nonsense_in_one_order_holds_up_no_other() -> None:

    one, _other, product = two_channels(Basis.AVAILABLE)
    external_id = f"x-{product.sku}"
    bad = one[1].order("1", timezone.now(), **{external_id: 1})
    one[1].placed["1"] = replace(bad, lines=(replace(bad.lines[0], ordered=9_000_000_000, open=9_000_000_000),))
    one[1].order("2", timezone.now(), **{external_id: 1})
    assert world.sync(one[0]).problems == 1
    assert world.stock(product) == (10, 1)
    assert "does not fit" in ChannelOrder.objects.get(external_id="1").problem


def test_an_oversell_is_stored_and_sends_nothing() -> None:
    one, other, product = two_channels(Basis.AVAILABLE, units=1)
    external_id = f"x-{product.sku}"
    for n, (_channel, shop) in enumerate((one, other)):
        shop.order(f"{n}", timezone.now(), **{external_id: 1})
    sync_all(one, other)
    assert world.stock(product) == (1, 2)
    assert [shop.items[external_id].available for _c, shop in (one, other)] == [0, 0]
    for n, (_channel, shop) in enumerate((one, other)):
        shop.ship(f"{n}", timezone.now())
    sync_all(one, other)
    assert world.stock(product) == (-1, 0)


@pytest.mark.django_db(transaction=True)
def test_the_same_order_taken_by_many_at_once_is_taken_once() -> None:
    one, _other, product = two_channels(Basis.AVAILABLE)
    snapshot = one[1].order("1", timezone.now(), **{f"x-{product.sku}": 3})
    results = at_once(8, lambda n: intake.take(one[0], snapshot, caps=FakeChannel.caps, now=timezone.now()))
    assert all(results)
    assert world.stock(product) == (10, 3)
    assert (Order.objects.count(), ChannelOrderLine.objects.count()) == (1, 1)


@BASES
def test_two_channels_stay_equal_through_random_operations(basis: Basis) -> None:
    """Orders, cancellations, shipments and corrections in any order: after a round, every shop sells what we have."""

    rng = random.Random(7)
    merchant = make.merchant()
    pairs = [world.channel(merchant, basis=basis), world.channel(merchant)]
    products = [world.listed(merchant, rng.randint(20, 60), *pairs) for _ in range(4)]
    sync_all(*pairs)
    live: list[tuple[Shop, str]] = []
    for n in range(60):
        channel, shop = rng.choice(pairs)
        product = rng.choice(products)
        external_id, now = f"x-{product.sku}", timezone.now()
        what = rng.choice(["order", "order", "cancel", "ship", "adjust"])
        if what == "order" and shop.sellable(external_id) > 3:
            shop.order(f"R-{n}", now, **{external_id: rng.randint(1, 3)})
            live.append((shop, f"R-{n}"))
        elif what == "cancel" and live:
            its_shop, number = live.pop(rng.randrange(len(live)))
            its_shop.cancel(number, now)
        elif what == "ship" and live:
            its_shop, number = live.pop(rng.randrange(len(live)))
            its_shop.ship(number, now)
        elif what == "adjust":
            world.receive(product, rng.choice([-2, 1, 4]))
        world.sync(channel)
    sync_all(*pairs)
    for product in products:
        on_hand, allocated = world.stock(product)
        assert {shop.sellable(f"x-{product.sku}") for _c, shop in pairs} == {max(on_hand - allocated, 0)}
    assert not ChannelListing.objects.exclude(state="sent").exists()
    assert not any(outcome.differences for outcome in verify.run())


def test_poll_asks_for_what_it_has_not_seen() -> None:
    merchant = make.merchant()
    channel, _shop = world.channel(merchant)
    before = timezone.now()
    world.sync(channel)
    channel.refresh_from_db()
    assert channel.orders_read_until is not None
    assert channel.orders_read_until >= before
    assert queries.busy_channels(now=timezone.now(), poll_before=timezone.now() - exchange.POLL_EVERY) == []
