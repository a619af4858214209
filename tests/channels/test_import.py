"""The Primary Marketplace teaches: preview, conflicts, import as events, and what doing it again changes: nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from inventory_ops.adapters.protocol import AuthFailed, Basis, Unavailable
from inventory_ops.models import (
    AuditEvent,
    Channel,
    ChannelImport,
    ChannelListing,
    InventoryEvent,
    Job,
    Merchant,
    Product,
    StockBalance,
    User,
)
from inventory_ops.operations import jobs, verify
from inventory_ops.operations.channels import catalogue, drift, exchange, setup
from inventory_ops.operations.channels.primary import ChannelRefused, PrimaryTaken
from tests import make
from tests.channels import world
from tests.channels.fake import Shop
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(db: Any) -> User:
    return make.user("operations")


def primary(of: Merchant, **fields: Any) -> tuple[Channel, Shop]:
    return world.channel(of, state=Channel.State.IMPORTING, is_primary=True, started_at=None, **fields)


def read(channel: Channel, by: User) -> ChannelImport:
    reading = catalogue.start(channel=channel, by=by)
    assert reading.job
    jobs.run(reading.job.pk)
    reading.refresh_from_db()
    return reading


def apply(reading: ChannelImport, by: User) -> Job:
    confirmed = catalogue.confirm(reading=reading, seen=catalogue.counts(reading), by=by)
    assert confirmed.job
    jobs.run(confirmed.job.pk)
    confirmed.job.refresh_from_db()
    return confirmed.job


def verdicts(reading: ChannelImport) -> dict[str, str]:
    return dict(reading.rows.order_by("pk").values_list("external_id", "verdict"))


def test_the_preview_says_what_would_happen_and_changes_nothing(by: User) -> None:
    merchant = make.merchant()
    channel, shop = primary(merchant)
    world.stocked(merchant, 5, sku="SAME")
    world.stocked(merchant, 5, sku="OTHER")
    make.product("FRESH", of=merchant)
    make.product("THEIRS")  # of another merchant
    for sku, quantity in [
        ("NEW", 3), ("SAME", 5), ("OTHER", 8), ("FRESH", 0), ("TWICE", 1), ("TWICE", 2), ("", 4), ("MINUS", -2),
        ("DIGITAL", None), ("THEIRS", 2), ("x" * 120, 1),
    ]:  # fmt: skip
        shop.list(sku, quantity)
    before = InventoryEvent.objects.count()
    reading = read(channel, by)
    assert reading.state == "ready"
    assert list(verdicts(reading).values()) == [
        "new", "matched", "conflict", "matched", "duplicate", "duplicate", "bad", "bad", "new", "new", "bad",
    ]  # fmt: skip
    assert catalogue.counts(reading)["zero"] == 1
    assert (InventoryEvent.objects.count(), ChannelListing.objects.count()) == (before, 0)
    assert Product.objects.filter(merchant=merchant).count() == 3


def test_the_import_is_events_and_repeating_it_changes_nothing(by: User) -> None:
    merchant = make.merchant()
    channel, shop = primary(merchant)
    other, other_shop = world.channel(merchant)
    conflicting = world.stocked(merchant, 5, sku="OTHER")
    other_shop.list("OTHER", 5, external_id="o-1")
    world.listing(other, conflicting, "o-1", there_quantity=5)
    shop.list("OTHER", 8)
    shop.list("NEW", 3)
    assert apply(read(channel, by), by).state == "done"
    channel.refresh_from_db()
    assert channel.state == "synced"
    events = InventoryEvent.objects.filter(kind="imported").order_by("pk")
    assert [(each.product.sku, each.quantity, each.source, each.counted_quantity) for each in events] == [
        ("OTHER", 3, "channel", 8), ("NEW", 3, "channel", 3),
    ]  # fmt: skip
    fresh = Product.objects.get(sku="NEW")
    assert (fresh.name, str(fresh.price)) == ("Title of NEW", "9.9900")
    for each in (channel, other):
        world.sync(each)
    assert shop.written == []  # it has them: they came from there
    assert other_shop.written == [("o-1", 8)]
    # changed there by hand, read again: quantities are never taken from a channel after its import
    shop.list("LATER", 2)
    shop.items["x-1"] = shop.items["x-2"].__class__(
        **{name: getattr(shop.items["x-1"], name) for name in shop.items["x-1"].__slots__} | {"available": 99}
    )
    again = read(channel, by)
    assert list(verdicts(again).values()) == ["linked", "linked", "new"]
    job = apply(again, by)
    assert job.state == "done", job.message
    assert "1 quantities imported" in job.message
    assert events.all().count() == 3
    assert world.stock(conflicting) == (8, 0)
    third = read(channel, by)
    apply(third, by)
    assert events.all().count() == 3
    assert AuditEvent.objects.filter(action="channel.import").count() == 3
    assert not any(outcome.differences for outcome in verify.run())


def test_a_follower_takes_no_quantity_and_makes_no_product(by: User) -> None:
    merchant = make.merchant()
    product = world.stocked(merchant, 5, sku="HERE")
    channel, shop = world.channel(merchant, state=Channel.State.IMPORTING, started_at=None)
    shop.list("HERE", 40)
    shop.list("NOT HERE", 3)
    reading = read(channel, by)
    assert list(verdicts(reading).values()) == ["matched", "unknown"]
    apply(reading, by)
    assert world.stock(product) == (5, 0)
    assert Product.objects.count() == 1
    world.sync(channel)
    assert shop.written == [("x-1", 5)]


def test_on_hand_channels_are_imported_with_what_lies_on_the_shelf(by: User) -> None:
    merchant = make.merchant()
    channel, shop = primary(merchant, basis=Basis.ON_HAND)
    external_id = shop.list("LAMP", 10)
    shop.order("1", timezone.now() - timedelta(days=2), **{external_id.replace("-", "_"): 4})
    apply(read(channel, by), by)
    world.sync(channel)
    assert world.stock(Product.objects.get()) == (10, 4)
    assert shop.sellable(external_id) == 6


def test_stock_that_moved_after_the_preview_is_shown_before_it_is_imported(by: User) -> None:
    merchant = make.merchant()
    channel, shop = primary(merchant)
    product = make.product("LAMP", of=merchant)
    shop.list("LAMP", 4)
    reading = read(channel, by)
    seen = catalogue.counts(reading)
    world.receive(product, 9)
    with pytest.raises(catalogue.PreviewChanged):
        catalogue.confirm(reading=reading, seen=seen, by=by)
    assert InventoryEvent.objects.filter(kind="imported").count() == 0


def test_another_currency_makes_no_product(by: User) -> None:
    merchant = make.merchant(currency="EUR")
    channel, shop = primary(merchant)
    shop.list("LAMP", 4)
    assert list(verdicts(read(channel, by)).values()) == ["bad"]


def test_a_reading_that_fails_says_why_and_can_be_tried_again(by: User) -> None:
    channel, shop = primary(make.merchant())
    for fault in (Unavailable("Not reached."), AuthFailed("The credentials are refused (HTTP 401).")):
        shop.fault = lambda call, fault=fault: fault  # type: ignore[misc]
        reading = read(channel, by)
        assert (reading.state, reading.message) == ("failed", str(fault))
    shop.fault = lambda call: None
    assert read(channel, by).state == "ready"


def test_one_primary_a_merchant(by: User) -> None:
    merchant = make.merchant()
    first, _shop = primary(merchant)
    second, _shop = world.channel(merchant)
    details = setup.Details("Second", is_primary=True, takes_orders=True, cancel_window=first.cancel_window, rules={})
    with pytest.raises(PrimaryTaken, match=f"“{first.name}” is the Primary Marketplace of .* Confirm") as refused:
        setup.edit(channel=second, details=details, settings=second.options, by=by)
    assert refused.value.holder == first
    confirmed = replace(details, primary_over_from=first.pk)
    setup.edit(channel=second, details=confirmed, settings=second.options, by=by)
    first.refresh_from_db()
    assert not first.is_primary
    event = AuditEvent.objects.get(action="channel.primary_moved")
    assert event.summary == f"Primary Marketplace of {merchant}: Second instead of {first.name}"
    _third, name = world.shop()
    with pytest.raises(ChannelRefused, match="Primary Marketplace"):
        setup.create(merchant=merchant, kind="fake", code="third", details=details, settings={"shop": name}, by=by)
    with pytest.raises(ChannelRefused, match="uses it already"):
        setup.create(
            merchant=make.merchant(), kind="fake", code="fourth", details=details, settings=first.options, by=by
        )


def test_credentials_are_encrypted_kept_and_deleted(by: User) -> None:
    merchant = make.merchant()
    _shop, name = world.shop()
    details = setup.Details("Web", is_primary=False, takes_orders=True, cancel_window=timedelta(0), rules={})
    channel = setup.create(
        merchant=merchant, kind="fake", code="web", details=details, settings={"shop": name, "secret": "hunter2"}, by=by
    )
    with connection.cursor() as cursor:
        cursor.execute("select c::text from inventory_ops_channel c")
        assert "hunter2" not in str(cursor.fetchall())
        cursor.execute("select a::text from inventory_ops_auditevent a")
        assert "hunter2" not in str(cursor.fetchall())
    from inventory_ops.operations.channels.credentials import settings_of

    changed = setup.edit(channel=channel, details=details, settings={"shop": name, "secret": ""}, by=by)
    assert settings_of(changed) == {"shop": name, "secret": "hunter2"}
    changed = setup.edit(channel=channel, details=details, settings={"shop": name, "secret": "new one"}, by=by)
    assert settings_of(changed)["secret"] == "new one"
    setup.retire(channel=channel, by=by)
    channel.refresh_from_db()
    assert bytes(channel.credentials) == b""


def test_a_lost_secret_key_pauses_with_the_way_to_mend_it(by: User, settings: Any) -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    details = setup.Details("Web", is_primary=False, takes_orders=True, cancel_window=timedelta(0), rules={})
    setup.edit(channel=channel, details=details, settings={**channel.options, "secret": "hunter2"}, by=by)
    settings.SECRET_KEY = "another" * 10
    world.sync(channel)
    channel.refresh_from_db()
    assert channel.is_paused
    assert "Enter them again" in channel.pause_reason
    setup.edit(channel=channel, details=details, settings={**channel.options, "secret": "hunter2"}, by=by)
    setup.resume(channel=channel, by=by)
    assert not world.sync(channel).error
    assert shop.calls


def test_drift_is_found_shown_and_sent_again(by: User) -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    products = [world.listed(merchant, 7, (channel, shop)) for _ in range(5)]
    world.sync(channel)
    external_id = f"x-{products[2].sku}"
    shop.items[external_id] = shop.items[external_id].__class__(
        **{n: getattr(shop.items[external_id], n) for n in shop.items[external_id].__slots__} | {"available": 3}
    )
    del shop.items[f"x-{products[4].sku}"]
    job = drift.start(channel=channel, by=by)
    assert drift.start(channel=channel, by=by) == job  # one at a time
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "1 quantity differs from what was sent.")
    from inventory_ops.kit.reports import registry

    rows = registry.get("channels-listings").select({"drift": "yes"}, viewer=by).rows
    assert list(rows.values_list("external_id", flat=True)) == [external_id]
    gone = ChannelListing.objects.get(external_id=f"x-{products[4].sku}")
    assert gone.error == "The channel does not list it any more."
    assert setup.send_again(listing_ids=rows.values_list("pk", flat=True), by=by) == 1
    world.sync(channel)
    assert shop.items[external_id].available == 7
    assert shop.written.count((external_id, 7)) == 2


def test_send_all_again_and_rules(by: User) -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 7, (channel, shop))
    world.sync(channel)
    setup.send_all_again(channel=channel, by=by)
    world.sync(channel)
    world.sync(channel)
    assert [quantity for _id, quantity in shop.written] == [7, 7]
    setup.override(listing=ChannelListing.objects.get(), rules={"max_quantity": 2}, by=by)
    world.sync(channel)
    assert shop.written[-1] == (f"x-{product.sku}", 2)
    setup.retire(channel=channel, by=by)
    world.receive(product, 1)
    assert not world.sync(channel).pushed.sent
    assert exchange.start_due(now=timezone.now()) == []
    with pytest.raises(ChannelRefused):
        setup.resume(channel=channel, by=by)


@pytest.mark.django_db(transaction=True)
def test_two_people_confirm_at_once() -> None:
    by = make.user("operations")
    merchant = make.merchant()
    channel, shop = primary(merchant)
    for n in range(20):
        shop.list(f"S-{n}", n)
    reading = read(channel, by)
    seen = catalogue.counts(reading)

    def work(n: int) -> str:
        try:
            confirmed = catalogue.confirm(reading=reading, seen=seen, by=by)
        except ChannelRefused:
            return "refused"
        assert confirmed.job
        jobs.run(confirmed.job.pk)
        return "done"

    assert sorted(at_once(4, work)) == ["done", "refused", "refused", "refused"]
    assert InventoryEvent.objects.filter(kind="imported").count() == 19  # nothing to book for the one with 0
    assert StockBalance.objects.filter(on_hand__gt=0).count() == 19
    assert ChannelListing.objects.count() == 20
    # the job once more, as a queue may deliver it
    context = jobs.Context(Job.objects.filter(kind="channel_apply").get())
    catalogue.apply(context)
    assert InventoryEvent.objects.filter(kind="imported").count() == 19


@pytest.mark.django_db(transaction=True)
def test_two_people_connect_the_same_at_once() -> None:
    by, merchant = make.user("operations"), make.merchant()
    _shop, name = world.shop()
    details = setup.Details("Web", is_primary=True, takes_orders=True, cancel_window=timedelta(0), rules={})

    def work(n: int) -> str:
        try:
            setup.create(merchant=merchant, kind="fake", code="web", details=details, settings={"shop": name}, by=by)
        except ChannelRefused:
            return "refused"
        return "made"

    assert sorted(at_once(4, work)) == ["made", "refused", "refused", "refused"]
    assert Channel.objects.count() == 1
