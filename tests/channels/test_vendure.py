"""The kind `vendure` against a real shop server: what a shop owner and the customers would see."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from inventory_ops.adapters import web
from inventory_ops.adapters.protocol import AuthFailed, BadRequest, Unavailable
from inventory_ops.adapters.vendure import VendureAdapter
from inventory_ops.kit.reports import registry
from inventory_ops.models import (
    Channel,
    ChannelImport,
    ChannelListing,
    InventoryEvent,
    Merchant,
    Order,
    Product,
    Store,
)
from inventory_ops.operations import jobs, orders, stock, verify
from inventory_ops.operations.channels import catalogue, drift, setup
from inventory_ops.operations.channels.setup import Details
from inventory_ops.operations.stock import ChangeDetails, Place
from inventory_ops.queries import channels as queries
from tests import make
from tests.channels import world
from tests.channels.conftest import Shops
from tests.channels.vendure_shop import Shop

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("vendure")]
DRILL = os.environ.get("OPS_DRILL", "")  # a number of steps: the long form of these tests
STEPS = int(DRILL or "24")


@pytest.fixture
def by(db: Any) -> Any:
    return make.user("operations")


def connect(of: Merchant, shop: Shop, shops: Shops, by: Any, *, primary: bool = False, **rules: Any) -> Channel:
    """Sign the shop up, through its door, with its first import applied."""
    door = shops.doors[shop.name]
    door.fault, door.only = "", b""
    channel = setup.create(
        merchant=of,
        kind="vendure",
        code=f"V{shop.name[-3:]}{shop.port}"[:20],
        details=Details(shop.name, primary, True, timedelta(minutes=30), rules),
        settings={"url": door.url, "api_key": shops.api_key},
        by=by,
    )
    read_and_apply(channel, by)
    world.sync(channel)
    channel.refresh_from_db()
    return channel


def read_and_apply(channel: Channel, by: Any) -> ChannelImport:
    reading = catalogue.start(channel=channel, by=by)
    jobs.run(reading.job.pk)  # type: ignore[union-attr]
    confirmed = catalogue.confirm(reading=reading, seen=catalogue.counts(reading), by=by)
    jobs.run(confirmed.job.pk)  # type: ignore[union-attr]
    confirmed.refresh_from_db()
    assert confirmed.state == "done", confirmed.message
    return confirmed


def product(sku: str) -> Product:
    return Product.objects.get(sku=sku)


def adjust(sku: str, units: int, by: Any) -> None:
    stock.adjust_by(place=Place(product(sku)), quantity=units, details=ChangeDetails("correction"), by=by)


@pytest.fixture
def channel(shops: Shops, by: Any) -> Channel:
    return connect(make.merchant(), shops.one, shops, by, primary=True)


def test_the_first_import_of_its_catalogue(shops: Shops, channel: Channel, by: Any) -> None:
    assert (channel.state, channel.is_primary) == ("synced", True)
    for sku in shops.one.variants:
        on_hand, allocated = shops.one.stock(sku)
        assert world.stock(product(sku)) == (on_hand, allocated), sku
    events = InventoryEvent.objects.filter(kind="imported").count()
    read_and_apply(channel, by)  # once more changes nothing
    assert InventoryEvent.objects.filter(kind="imported").count() == events
    assert 16 < product("V-01").price < 17  # 19.99 less VAT


def test_an_adjustment_here_appears_there(shops: Shops, channel: Channel, by: Any) -> None:
    before = shops.one.sellable("V-01")
    adjust("V-01", -5, by)
    assert world.sync(channel).pushed.sent == 1
    assert shops.one.sellable("V-01") == before - 5
    assert world.sync(channel).pushed.sent == 0


def test_an_order_there_moves_stock_here_and_its_cancellation_restores_it(
    shops: Shops, channel: Channel, by: Any
) -> None:
    before = world.stock(product("V-02"))[0]
    bought = shops.one.buy("V-02", 3)
    world.sync(channel)
    assert world.stock(product("V-02")) == (before, 3)
    order = Order.objects.get(number=f"{channel.code}-{bought.code}")
    assert (order.status, order.items.get().quantity, order.customer_email[-12:]) == (2, 3, "@example.org")
    shops.one.cancel(bought.id, [(bought.lines[0][0], 1)])
    world.sync(channel)
    assert world.stock(product("V-02")) == (before, 2)
    shops.one.cancel(bought.id)
    world.sync(channel)
    assert world.stock(product("V-02")) == (before, 0)
    assert shops.one.sellable("V-02") == before
    order.refresh_from_db()
    assert order.status == 3


def test_a_late_cancellation_waits_for_a_person(shops: Shops, channel: Channel, by: Any) -> None:
    Channel.objects.update(cancel_window=timedelta(0))
    before = world.stock(product("V-03"))[0]
    bought = shops.one.buy("V-03", 2)
    world.sync(channel)
    time.sleep(0.05)
    shops.one.cancel(bought.id)
    world.sync(channel)
    assert world.stock(product("V-03")) == (before, 2)
    assert shops.one.sellable("V-03") == before - 2  # the shop gave them back, and was told to keep them off sale
    [line] = queries.waiting_lines()
    orders.cancel_late(order=line.item.order, units={line.item_id: 2}, by=by)  # type: ignore[union-attr, dict-item]
    world.sync(channel)
    assert (world.stock(product("V-03")), shops.one.sellable("V-03")) == ((before, 0), before)


def test_a_shipment_and_what_comes_back(shops: Shops, channel: Channel, by: Any) -> None:
    before = world.stock(product("V-04"))[0]
    bought = shops.one.buy("V-04", 2)
    world.sync(channel)
    shops.one.fulfil(bought)  # neither its updatedAt nor its orderPlacedAt moves: found by reading open orders again
    world.sync(channel)
    assert world.stock(product("V-04")) == (before - 2, 0)
    assert shops.one.stock("V-04") == (before - 2, 0)
    shops.one.cancel(bought.id)  # after fulfilment the shop puts the goods back by itself; here a person decides
    world.sync(channel)
    world.sync(channel)
    assert world.stock(product("V-04")) == (before - 2, 0)
    assert shops.one.stock("V-04") == (before - 2, 0)
    assert queries.waiting_lines().get().waiting_quantity == 2


def test_an_old_cart_that_is_paid_now_is_found(shops: Shops, channel: Channel, by: Any) -> None:
    """`updatedAt` stays at the cart's last change when it is paid: a poll by that alone would miss the order."""
    token = shops.one.cart("V-05", 2)
    world.sync(channel)
    before = world.stock(product("V-05"))[0]
    assert world.stock(product("V-05")) == (before, 0)  # a cart touches nothing
    Channel.objects.update(orders_read_until=timezone.now() + timedelta(seconds=60))
    bought = shops.one.pay(token)
    world.sync(channel)
    assert world.stock(product("V-05")) == (before, 2)
    shops.one.cancel(bought.id)
    world.sync(channel)


def cart(sku: str) -> Order:
    return Order.objects.get(status=1, items__product__sku=sku)


def left(channel: Channel, *skus: str) -> list[str]:
    """Which of the SKUs are in carts that the report shows two hours from now."""
    report = registry.get("abandoned-checkouts")
    scope = {"viewer": None, "as_of": timezone.now() + timedelta(hours=2)}
    carts = report.select({"store": channel.code}, **scope).rows.values("pk")
    found = Product.objects.filter(order_items__order__in=carts, sku__in=skus)
    return sorted(found.values_list("sku", flat=True))


def test_a_left_cart_is_in_the_report_until_it_is_bought(shops: Shops, channel: Channel, by: Any) -> None:
    """Neither the address nor the refused card moves its `updatedAt`: both are found by reading it again."""
    before = world.stock(product("V-17"))
    shops.one.coupon("SPRING", 10)
    token = shops.one.cart("V-17", 2)
    world.sync(channel)
    assert (cart("V-17").customer_email, left(channel, "V-17")) == ("", ["V-17"])
    shops.one.introduce(token, "jane@example.org")
    shops.one.apply(token, "SPRING")
    shops.one.decline(token)
    world.sync(channel)
    order = cart("V-17")
    assert (order.customer_email, order.promo_code, order.total_amount) == (
        "jane@example.org",
        "SPRING",
        Decimal("33.32"),
    )
    assert order.promo_value == Decimal("3.33")
    attempt = order.payment_attempts.get()
    assert (attempt.code, attempt.message) == ("Declined", "Simulated decline")
    assert order.last_activity_at == attempt.attempted_at
    assert world.sync(channel).carts.carts == 0
    assert world.stock(product("V-17")) == before
    Store.objects.update(abandon_after=timedelta(milliseconds=1))
    bought = shops.one.pay(token)
    world.sync(channel)
    order.refresh_from_db()
    assert (order.number, order.status, order.recovered_at) == (f"{channel.code}-{bought.code}", 2, order.placed_at)
    assert left(channel, "V-17") == []
    assert world.stock(product("V-17")) == (before[0], 2)
    shops.one.cancel(bought.id)
    world.sync(channel)


def test_carts_that_vanish_there_vanish_here(shops: Shops, channel: Channel, by: Any) -> None:
    """Merged at a sign-in, emptied by the customer, or cancelled by staff, which leaves their quantities."""
    token = shops.one.sign_in(shops.one.cart("V-18", 1), "anna@example.org", sign_up=True)
    guest = shops.one.cart("V-19", 1)
    shops.one.cart("V-20", 3)
    world.sync(channel)
    skus = ["V-18", "V-19", "V-20"]
    assert left(channel, *skus) == skus
    before = shops.one.carts()
    shops.one.sign_in(guest, "anna@example.org")
    [merged] = set(before) - set(shops.one.carts())
    outcome = world.sync(channel)
    assert outcome.carts.gone == 1
    assert not Order.objects.filter(number=f"{channel.code}-{merged}").exists()
    shops.one.ask("mutation{removeAllOrderLines{__typename}}", api="shop-api", token=token)
    shops.one.give_up(shops.one.carts()[cart("V-20").number.removeprefix(f"{channel.code}-")])
    Channel.objects.update(orders_read_until=None)
    assert world.sync(channel).carts.gone == 1
    assert world.stock(product("V-20"))[1] == 0  # never bought: nothing is held for it
    assert left(channel, *skus) == []


def test_carts_that_it_cannot_tell_hold_up_nothing(
    shops: Shops, channel: Channel, by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = shops.doors[shops.one.name]
    token = shops.one.cart("V-16", 1)
    world.sync(channel)
    before = shops.one.sellable("V-15")
    door.only = b"couponCodes"
    for fault in ["500", "html", "drop", "drip"]:
        door.seen, door.fault = 0, fault
        adjust("V-15", -1, by)
        with monkeypatch.context() as patch:
            patch.setattr(web, "ANSWER_SECONDS", 2.0)
            assert not world.sync(channel).error
        channel.refresh_from_db()
        assert door.seen
        assert channel.carts_error, fault
        assert left(channel, "V-16") == ["V-16"]
    assert shops.one.sellable("V-15") == before - 4
    door.fault = ""
    shops.one.pay(token)
    world.sync(channel)
    channel.refresh_from_db()
    assert (channel.carts_error, left(channel, "V-16")) == ("", [])


@pytest.mark.django_db(transaction=True)  # thousands of bookings: too many for one transaction's table of locks
def test_two_shops_of_one_merchant_stay_equal(shops: Shops, by: Any) -> None:
    """Customers buy and cancel in both, the warehouse ships and corrects: after a round both sell what we have."""
    merchant = make.merchant()
    channels = [
        connect(merchant, shops.one, shops, by, primary=True),
        connect(merchant, shops.two, shops, by),
    ]
    pairs = list(zip(channels, (shops.one, shops.two), strict=True))
    skus = ["V-06", "V-07", "V-08"]

    def settle() -> None:
        for _ in range(2):
            for each in channels:
                assert not world.sync(each).error
        for sku in skus:
            on_hand, allocated = world.stock(product(sku))
            sellable = {shop.sellable(sku) for _channel, shop in pairs}
            assert sellable == {max(on_hand - allocated, 0)}, sku

    settle()
    rng = random.Random(STEPS)
    live: list[tuple[Shop, Any]] = []
    for step in range(STEPS):
        channel, shop = rng.choice(pairs)
        sku = rng.choice(skus)
        what = rng.choice(["buy", "buy", "cancel", "fulfil", "adjust", "adjust"])
        if what == "buy" and shop.sellable(sku) > 4:
            live.append((shop, shop.buy(sku, rng.randint(1, 2))))
        elif what == "cancel" and live:
            its_shop, bought = live.pop(rng.randrange(len(live)))
            its_shop.cancel(bought.id)
        elif what == "fulfil" and live:
            its_shop, bought = live.pop(rng.randrange(len(live)))
            its_shop.fulfil(bought)
        elif what == "adjust":
            adjust(sku, rng.choice([-1, 1, 3]), by)
        if rng.random() < 0.5:
            assert not world.sync(channel).error
        if step % 20 == 19:
            settle()
    settle()
    assert not ChannelListing.objects.exclude(state="sent").exists()
    assert not any(outcome.differences for outcome in verify.run())


FAULTS = ["429", "500", "html", "drop", "lost", "drip"]
if DRILL:
    FAULTS += ["503", "shape", "noise", "redirect"]


def test_whatever_the_shop_does_the_last_value_arrives(
    shops: Shops, channel: Channel, by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = shops.doors[shops.one.name]
    door.only = b"updateProductVariants"
    call = web.Client.call

    def wait_less_for_writes(client: web.Client, *arguments: Any, writes: bool = False) -> web.Answer:
        with monkeypatch.context() as patch:
            if writes:  # they meet the fault; what is read before them may take its time
                patch.setattr(web, "ANSWER_SECONDS", 1.0)
            return call(client, *arguments, writes=writes)

    for fault in FAULTS:
        before, door.seen, door.fault = shops.one.sellable("V-09"), 0, fault
        with monkeypatch.context() as patch:
            patch.setattr(web.Client, "call", wait_less_for_writes)
            adjust("V-09", -1, by)
            assert world.sync(channel).error, fault
            adjust("V-09", 3, by)
            world.sync(channel)
        assert door.seen, fault
        assert shops.one.sellable("V-09") in (before, before - 1, before + 2)
        channel.refresh_from_db()
        assert channel.last_error, fault
        assert not channel.is_paused
        door.fault = ""
        assert not world.sync(channel).error
        assert shops.one.sellable("V-09") == before + 2, fault
        row = ChannelListing.objects.get(external_sku="V-09")
        assert (row.state, row.is_due, row.intent_key) == ("sent", False, None)


def test_a_value_that_arrived_is_not_sent_again(shops: Shops, channel: Channel, by: Any) -> None:
    """The shop's own list of movements says how often it was told."""
    door = shops.doors[shops.one.name]

    def adjustments() -> int:
        found = shops.one.ask(
            "query($i:ID!){productVariant(id:$i)"
            "{stockMovements(options:{take:100}){items{...on StockAdjustment{id}}}}}",
            {"i": shops.one.variants["V-10"]},
        )
        return len([each for each in found["productVariant"]["stockMovements"]["items"] if each])

    told = adjustments()
    adjust("V-10", -1, by)
    door.fault, door.only = "lost", b"updateProductVariants"
    assert world.sync(channel).error
    door.fault = ""
    for _ in range(3):
        world.sync(channel)
    assert adjustments() == told + 1


def test_a_stopped_shop_and_a_frozen_one(shops: Shops, by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost while a shop is away, and another channel is not held up."""
    merchant = make.merchant()
    well = connect(merchant, shops.one, shops, by, primary=True)
    ill = connect(merchant, shops.two, shops, by)
    before = shops.one.sellable("V-11")
    shops.two.signal(signal.SIGSTOP)
    try:
        adjust("V-11", -1, by)
        with monkeypatch.context() as patch:
            patch.setattr(web, "ANSWER_SECONDS", 1.0)
            assert "within 1 s" in world.sync(ill).error
        adjust("V-11", -1, by)
        assert not world.sync(well).error
        assert shops.one.sellable("V-11") == before - 2
    finally:
        shops.two.signal(signal.SIGCONT)
    assert not world.sync(ill).error
    assert shops.two.sellable("V-11") == before - 2
    shops.two.stop()
    adjust("V-11", 5, by)
    assert world.sync(ill).error
    assert not world.sync(well).error
    bought = shops.one.buy("V-11", 1)
    world.sync(well)
    shops.two.start()
    shops.two.wait()
    assert not world.sync(ill).error
    assert shops.two.sellable("V-11") == shops.one.sellable("V-11") == before + 2
    shops.one.cancel(bought.id)


def test_a_refused_key_pauses_the_channel_at_once(shops: Shops, channel: Channel, by: Any) -> None:
    """It answers HTTP 200 to a wrong key; a key that may not do everything is not better."""
    with pytest.raises(AuthFailed):
        VendureAdapter(shops.one.url, "wrong").check()
    details = Details("Shop", True, True, timedelta(minutes=30), {})
    door = shops.doors[shops.one.name]
    setup.edit(channel=channel, details=details, settings={"url": door.url, "api_key": "wrong"}, by=by)
    world.sync(channel)
    channel.refresh_from_db()
    assert channel.is_paused
    assert shops.api_key not in channel.pause_reason + channel.last_error
    setup.edit(channel=channel, details=details, settings={"url": door.url, "api_key": shops.api_key}, by=by)
    setup.resume(channel=channel, by=by)
    assert not world.sync(channel).error


def test_a_change_made_there_is_drift_and_sent_again(shops: Shops, channel: Channel, by: Any) -> None:
    units = shops.one.stock("V-12")[0]
    shops.one.set_stock("V-12", units + 7)
    jobs.run(drift.start(channel=channel, by=by).pk)
    drifted = ChannelListing.objects.filter(queries.DRIFTED)
    assert [row.external_sku for row in drifted] == ["V-12"]
    setup.send_again(listing_ids=[row.pk for row in drifted], by=by)
    world.sync(channel)
    assert shops.one.stock("V-12")[0] == units
    assert not ChannelListing.objects.filter(queries.DRIFTED).exists()


def test_a_deleted_item_is_rejected_and_harms_no_other(shops: Shops, channel: Channel, by: Any) -> None:
    before = shops.one.sellable("V-13")
    row = ChannelListing.objects.get(external_sku="V-14")
    ChannelListing.objects.filter(pk=row.pk).update(external_id="424242")
    adjust("V-13", 1, by)
    adjust("V-14", 1, by)
    outcome = world.sync(channel)
    assert (outcome.pushed.sent, outcome.pushed.rejected) == (1, 1)
    row.refresh_from_db()
    assert row.state == "rejected"
    assert "No ProductVariant" in row.error
    assert shops.one.sellable("V-13") == before + 1


def test_answers_are_bounded(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    door = shops.doors[shops.two.name]
    monkeypatch.setattr(web, "LARGEST_ANSWER", 1_000_000)
    channel = VendureAdapter(door.url, shops.api_key)
    try:
        door.fault, door.only = "endless", b""
        with pytest.raises(Unavailable, match="more than"):
            channel.check()
    finally:
        door.fault = ""
    assert channel.check().endswith("variants)")
    with pytest.raises(BadRequest):
        VendureAdapter("http://10.0.0.1", "x").check()
