"""The push: what is told, at most once a value, never losing the last one, whatever the channel does."""

from __future__ import annotations

import itertools
import threading
import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from inventory_ops.adapters.protocol import (
    AuthFailed,
    Basis,
    ChannelError,
    Outcome,
    RateLimited,
    StockWrite,
    Unavailable,
    WriteResult,
)
from inventory_ops.models import Channel, ChannelChange, ChannelDay, ChannelListing, InventoryType
from inventory_ops.operations.channels import exchange, push
from inventory_ops.pages import channel_charts
from inventory_ops.queries import channels as queries
from tests import make
from tests.channels import world
from tests.channels.fake import FakeChannel, Shop
from tests.together import at_once

pytestmark = pytest.mark.django_db


def test_a_change_of_stock_arrives_once() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 7, (channel, shop))
    assert world.sync(channel).pushed.sent == 1
    assert shop.written == [(f"x-{product.sku}", 7)]
    world.receive(product, 2)
    world.receive(product, 3)  # two changes, one value
    assert ChannelChange.objects.count() == 2
    world.sync(channel)
    world.sync(channel)
    assert shop.written[1:] == [(f"x-{product.sku}", 12)]
    world.receive(product, 1)
    world.receive(product, -1)  # back to what the channel has
    assert world.sync(channel).pushed.settled == 1
    assert len(shop.written) == 2
    row = ChannelListing.objects.get()
    assert (row.sent_quantity, row.state, row.is_due, row.intent_key) == (12, "sent", False, None)


def test_the_note_is_part_of_the_transaction_that_changes_stock() -> None:
    from django.db import transaction

    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 1, (channel, shop))
    world.sync(channel)
    with pytest.raises(RuntimeError), transaction.atomic():
        world.receive(product, 5)
        assert ChannelChange.objects.count() == 1
        raise RuntimeError
    assert ChannelChange.objects.count() == 0


def python_rule(available: int, buffer: int, percent: int, least: int, most: int, end_when: int) -> int:
    if available <= end_when:
        return 0
    return max(0, max(least, min(most, ((available - buffer) * percent) // 100)))


@pytest.mark.parametrize(
    ("rule", "available", "told"),
    [
        ({}, 10, 10),
        ({}, -3, 0),
        ({"buffer": 3}, 10, 7),
        ({"buffer": 3}, 2, 0),
        ({"percent": 50}, 9, 4),
        ({"buffer": 1, "percent": 50}, 10, 4),
        ({"max_quantity": 5}, 10, 5),
        ({"min_quantity": 5}, 1, 5),
        ({"min_quantity": 5}, 0, 0),
        ({"end_when": 2}, 2, 0),
        ({"end_when": 2}, 3, 3),
        ({"percent": 0}, 10, 0),
    ],
)
def test_quantity_rules(rule: dict[str, int], available: int, told: int) -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant, **rule)
    product = world.listed(merchant, available, (channel, shop))
    row = ChannelListing.objects.get()
    assert queries.wanted([row.pk], basis=Basis.AVAILABLE) == {row.pk: told}
    # the listing's own rule stands over the channel's
    ChannelListing.objects.update(percent=Decimal(100), buffer=0, min_quantity=0, max_quantity=1_000, end_when=0)
    assert queries.wanted([row.pk], basis=Basis.AVAILABLE) == {row.pk: max(available, 0)}
    assert product


class TestRule(TestCase):
    @given(
        available=st.integers(-50, 500),
        buffer=st.integers(0, 60),
        percent=st.integers(0, 100),
        least=st.integers(0, 40),
        spread=st.integers(0, 400),
        end_when=st.integers(0, 60),
    )
    def test_rule_in_sql_is_the_rule_in_words(
        self, available: int, buffer: int, percent: int, least: int, spread: int, end_when: int
    ) -> None:
        merchant = make.merchant()
        channel, _shop = world.channel(
            merchant,
            buffer=buffer,
            percent=percent,
            min_quantity=least,
            max_quantity=least + spread,
            end_when=end_when,
        )
        product = make.product(of=merchant)
        make.stock(product, available)
        row = world.listing(channel, product)
        expected = python_rule(available, buffer, percent, least, least + spread, end_when)
        assert queries.wanted([row.pk], basis=Basis.AVAILABLE)[row.pk] == expected


def test_only_sellable_types_less_what_is_promised() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 5, (channel, shop))
    world.receive(product, 4, inventory_type="defective")
    product.balances.filter(inventory_type__code="good").update(allocated=2)
    world.sync(channel)
    assert shop.written == [(f"x-{product.sku}", 3)]
    assert InventoryType.objects.filter(is_sellable=True).count() == 1


def test_a_batch_with_a_bad_item_is_halved_until_the_item_is_alone() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    products = [world.listed(merchant, 4, (channel, shop)) for _ in range(25)]
    bad = [f"x-{products[3].sku}", f"x-{products[17].sku}"]
    shop.refused = set(bad)
    done = world.sync(channel).pushed
    assert (done.sent, done.rejected) == (23, 2)
    rejected = ChannelListing.objects.filter(state="rejected").order_by("pk")
    assert [(row.external_id, row.error, row.is_due) for row in rejected] == [(x, f"no item {x}", False) for x in bad]
    shop.refused = set()
    world.receive(products[3], 1)  # the next change tries it again
    world.sync(channel)
    assert shop.written[-1] == (bad[0], 5)


def test_refusing_everything_is_the_channels_failure() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    products = [world.listed(merchant, 4, (channel, shop)) for _ in range(30)]
    shop.refused = {f"x-{each.sku}" for each in products}
    outcome = world.sync(channel)
    assert outcome.pushed.rejected <= push.MOST_REJECTED
    assert "no item" in outcome.error
    assert ChannelListing.objects.filter(is_due=True).count() >= 10


@pytest.mark.parametrize(
    "fault",
    [
        Unavailable("Not reached."),
        Unavailable("Its server fails (HTTP 500).", ambiguous=True),
        RateLimited("Too many requests.", retry_after=7),
        "lost",
    ],
)
def test_whatever_fails_the_last_value_arrives(fault: Any) -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 4, (channel, shop))
    shop.fault = lambda call: fault if call == "write_stock" else None
    assert world.sync(channel).error
    world.receive(product, 3)
    assert world.sync(channel).error
    shop.fault = lambda call: None
    assert not world.sync(channel).error
    assert shop.items[f"x-{product.sku}"].available == 7
    values = [quantity for _id, quantity in shop.written]
    assert values == sorted(set(values))  # each value at most once, and none after a newer one
    row = ChannelListing.objects.get()
    assert (row.state, row.sent_quantity, row.is_due, row.intent_key) == ("sent", 7, False, None)


def test_a_lost_answer_is_asked_for_before_anything_is_sent_again() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 4, (channel, shop))
    shop.fault = lambda call: "lost" if call == "write_stock" else None
    world.sync(channel)
    row = ChannelListing.objects.get()
    assert (row.state, row.intent_quantity) == ("unknown", 4)
    assert row.verify_at is not None
    shop.fault = lambda call: None
    world.sync(channel)
    assert shop.written == [(f"x-{product.sku}", 4)]  # it was there: nothing is sent twice
    assert ChannelListing.objects.get().state == "sent"


def test_the_same_intent_goes_out_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    world.listed(merchant, 4, (channel, shop))
    keys = []
    write = FakeChannel.write_stock

    def watched(self: FakeChannel, writes: list[StockWrite]) -> list[WriteResult]:
        keys.extend(each.key for each in writes)
        if len(keys) == 1:
            raise Unavailable("No whole answer within 20 s.", ambiguous=True)
        return write(self, writes)

    monkeypatch.setattr(FakeChannel, "write_stock", watched)
    world.sync(channel)
    world.sync(channel)
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_an_old_write_that_arrives_late_is_noticed_and_mended() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 4, (channel, shop))
    shop.fault = lambda call: Unavailable("No answer.", ambiguous=True) if call == "write_stock" else None
    world.sync(channel)
    shop.fault = lambda call: None
    world.receive(product, 5)
    world.sync(channel)
    assert shop.items[f"x-{product.sku}"].available == 9
    # the first write, given up long ago, is applied only now by the slow shop
    FakeChannel(shop).write_stock([StockWrite(uuid.uuid4(), f"x-{product.sku}", product.sku, 4)])
    ChannelListing.objects.update(verify_at=timezone.now() - timedelta(seconds=1))
    assert queries.busy_channels(now=timezone.now(), poll_before=timezone.now() - timedelta(days=1)) == [channel.pk]
    world.sync(channel)
    assert shop.items[f"x-{product.sku}"].available == 9


def test_a_killed_worker_leaves_an_intent_that_the_next_one_resolves() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 4, (channel, shop))

    class Killed(BaseException):
        pass

    for applied in (False, True):

        def kill(call: str, applied: bool = applied) -> None:
            if call == "write_stock" and not applied:
                raise Killed

        shop.fault = kill  # type: ignore[assignment]
        world.receive(product, 1)
        if applied:  # killed after the channel had it, before it was written down
            adapter = exchange.open_adapter(channel)
            push.collect(channel)
            _count, writes = push._plan(channel, Basis.AVAILABLE, 10, with_expected=False, done=push.Pushed())
            adapter.write_stock(writes)
        else:
            with pytest.raises(Killed):
                world.sync(channel)
        assert ChannelListing.objects.get().state == "sending"
        shop.fault = lambda call: None
        world.sync(channel)
        assert ChannelListing.objects.get().state == "sent"
    assert shop.written == [(f"x-{product.sku}", 5), (f"x-{product.sku}", 6)]


def test_back_off_grows_and_the_circuit_opens_with_one_probe() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    world.listed(merchant, 4, (channel, shop))
    shop.fault = lambda call: Unavailable("Not reached.")
    waits = []
    for _ in range(7):
        world.sync(channel)
        channel.refresh_from_db()
        assert channel.blocked_until is not None
        waits.append((channel.blocked_until - timezone.now()).total_seconds())
    assert channel.failures == 7
    assert all(later > earlier * 1.2 for earlier, later in itertools.pairwise(waits))
    assert exchange.sync(channel.pk).pushed.sent == 0  # blocked: not even tried
    shop.calls.clear()
    world.sync(channel)
    assert shop.calls == ["check"]  # one question, no work
    assert exchange.start_due(now=timezone.now()) == []
    shop.fault = lambda call: None
    assert world.sync(channel).pushed.sent == 1
    channel.refresh_from_db()
    assert (channel.failures, channel.blocked_until, channel.last_error) == (0, None, "")


def test_a_rate_limit_is_obeyed() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    world.listed(merchant, 4, (channel, shop))
    shop.fault = lambda call: RateLimited("Too many requests.", retry_after=120)
    world.sync(channel)
    channel.refresh_from_db()
    assert channel.blocked_until is not None
    assert 110 < (channel.blocked_until - timezone.now()).total_seconds() < 121
    assert channel.failures == 0


def test_refused_credentials_pause_the_channel() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    world.listed(merchant, 4, (channel, shop))
    shop.fault = lambda call: AuthFailed("The credentials are refused (HTTP 401).")
    world.sync(channel)
    channel.refresh_from_db()
    assert (channel.is_paused, channel.pause_reason) == (True, "The credentials are refused (HTTP 401).")
    shop.calls.clear()
    world.sync(channel)
    assert shop.calls == []


def test_one_dead_channel_holds_up_no_other() -> None:
    merchant = make.merchant()
    (dead, dead_shop), (well, well_shop) = world.channel(merchant), world.channel(merchant)
    product = world.listed(merchant, 4, (dead, dead_shop), (well, well_shop))
    dead_shop.fault = lambda call: Unavailable("Not reached.")
    for _ in range(3):
        world.receive(product, 1)
        for channel_id in exchange.start_due(now=timezone.now()):
            exchange.sync(channel_id)
    assert well_shop.items[f"x-{product.sku}"].available == 7
    assert ChannelListing.objects.get(channel=dead).is_due
    dead_shop.fault = lambda call: None
    world.sync(dead)
    assert dead_shop.written == [(f"x-{product.sku}", 7)]


def test_notes_of_a_paused_channel_are_condensed() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant, is_paused=True)
    product = world.listed(merchant, 4, (channel, shop))
    for _ in range(5):
        world.receive(product, 1)
    assert exchange.start_due(now=timezone.now()) == []
    assert ChannelChange.objects.count() == 0
    Channel.objects.update(is_paused=False)
    world.sync(channel)
    assert shop.written == [(f"x-{product.sku}", 9)]


def test_stale_writes_read_the_orders_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare and set: a sale that we have not seen is not written over."""

    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 10, (channel, shop))
    external_id = f"x-{product.sku}"
    world.sync(channel)
    monkeypatch.setattr(FakeChannel, "caps", replace(FakeChannel.caps, compare_and_set=True, atomic_batch=False))
    write, sold = FakeChannel.write_stock, []

    def compare(self: FakeChannel, writes: list[StockWrite]) -> list[WriteResult]:
        if not sold:  # between our reading of the orders and our write somebody buys two
            sold.append(shop.order("O-1", timezone.now(), **{external_id: 2}))
        results = []
        for each in writes:
            there = shop.items[each.external_id].available
            if each.expected not in (None, there):
                results.append(WriteResult(each.key, Outcome.STALE, current=there))
            else:
                results += write(self, [each])
        return results

    monkeypatch.setattr(FakeChannel, "write_stock", compare)
    world.receive(product, 5)
    outcome = world.sync(channel)
    assert outcome.pushed.stale == 0
    assert shop.items[external_id].available == 13  # 10 + 5 − 2
    assert world.stock(product) == (15, 2)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_speak_with_a_channel_at_once() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 4, (channel, shop))
    inside, most, gate = [], [], threading.Lock()

    def slow(call: str) -> ChannelError | None:
        with gate:
            inside.append(call)
            most.append(len(inside))
        threading.Event().wait(0.02)
        with gate:
            inside.remove(call)
        return None

    shop.fault = slow

    def work(n: int) -> None:
        world.receive(product, 1)
        world.sync(channel)

    at_once(6, work)
    shop.fault = lambda call: None
    world.sync(channel)
    assert max(most) == 1
    assert shop.items[f"x-{product.sku}"].available == 10
    values = [quantity for _id, quantity in shop.written]
    assert len(values) == len(set(values))


@pytest.mark.django_db(transaction=True)
def test_many_writers_of_stock_beside_the_push() -> None:
    """Notes are only added, so writers of stock wait neither for the push nor for each other in a circle."""
    merchant = make.merchant()
    pair = world.channel(merchant)
    channel, shop = pair
    products = [world.listed(merchant, 100, pair) for _ in range(6)]
    stop = threading.Event()

    def work(n: int) -> None:
        if n == 0:
            while not stop.is_set():
                world.sync(channel)
            return
        for k in range(8):
            world.receive(products[(n * 5 + k) % 6], -1 if k % 2 else 2)
        if n == 1:
            stop.set()

    at_once(8, work)
    world.sync(channel)
    for product in products:
        assert shop.items[f"x-{product.sku}"].available == world.stock(product)[0]
    assert not connection.in_atomic_block


def test_shops_are_told_apart() -> None:
    merchant = make.merchant()
    one, other = world.channel(merchant), world.channel(merchant)
    world.listed(merchant, 4, one)
    world.sync(other[0])
    assert isinstance(other[1], Shop)
    assert other[1].written == []


def test_the_day_keeps_the_longest_wait_and_what_failed() -> None:
    merchant = make.merchant()
    channel, shop = world.channel(merchant)
    product = world.listed(merchant, 7, (channel, shop))
    ChannelListing.objects.update(due_at=timezone.now() - timedelta(minutes=10))
    world.sync(channel)
    world.sync(channel)  # nothing to do: nothing is kept
    day = ChannelDay.objects.get()
    assert (day.sent, day.rejected, day.failures, day.day) == (1, 0, 0, timezone.now().date())
    assert day.longest_wait is not None and timedelta(minutes=10) <= day.longest_wait < timedelta(minutes=12)
    world.receive(product, 2)
    world.sync(channel)
    again = ChannelDay.objects.get()
    assert (again.sent, again.longest_wait) == (2, day.longest_wait)
    [waits, counts] = channel_charts.of(channel, now=timezone.now())
    assert waits.has_values and counts.points[-1].texts == ["2", "0", "0"]
    other, _shop = world.channel(merchant)
    assert channel_charts.of(other, now=timezone.now()) == []
