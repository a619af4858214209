"""Carts of channels: in the report while they are left, gone when they are bought or vanish, and never stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.adapters.protocol import (
    AuthFailed,
    BadRequest,
    Basis,
    ChannelError,
    FailedPayment,
    RateLimited,
    Unavailable,
)
from inventory_ops.kit.reports import registry
from inventory_ops.models import Channel, ChannelOrder, InventoryEvent, Order, OrderItem, PaymentAttempt, Product
from inventory_ops.operations import verify
from inventory_ops.operations.channels import carts, exchange, intake, setup
from inventory_ops.operations.channels.exchange import Round
from inventory_ops.operations.channels.setup import Details
from inventory_ops.queries import channels as queries
from tests import make
from tests.channels import world
from tests.channels.fake import FakeChannel, Shop
from tests.together import at_once

pytestmark = pytest.mark.django_db


def one_channel(units: int = 10, *, basis: Basis = Basis.AVAILABLE) -> tuple[Channel, Shop, Product]:
    pair = world.channel(make.merchant(), basis=basis)
    product = world.listed(pair[0].merchant, units, pair)
    world.sync(pair[0])
    return *pair, product


def read(channel: Channel) -> Round:
    """A round that looks back for 30 days, like the first: the carts of these tests were left long ago."""
    Channel.objects.filter(pk=channel.pk).update(carts_read_until=None)
    return world.sync(channel)


def there(product: Product) -> str:
    return f"x-{product.sku}"


def ago(**units: float) -> Any:
    return timezone.now() - timedelta(**units)


def left(viewer: Any = None, **filters: str) -> list[dict[str, Any]]:
    """What the report shows now, by header."""
    report = registry.get("abandoned-checkouts")
    found = report.select(filters, viewer=viewer, as_of=timezone.now())
    columns = [column for column in report.exported_columns if not column.late]  # without the work on its finding
    values = report.page_values(found.rows, columns, viewer=viewer).order_by("number")
    return [{column.header: row[column.alias] for column in columns} for row in values]


@pytest.mark.parametrize("basis", list(Basis))
def test_a_left_cart_is_in_the_report_with_its_store_and_moves_no_stock(basis: Basis) -> None:
    channel, shop, product = one_channel(basis=basis)
    cart = shop.cart("7", ago(hours=2), **{there(product): 3})
    failed = FailedPayment(ago(hours=2), "51", "Insufficient funds")
    shop.left["7"] = replace(
        cart, promo_code="SPRING", promo_value=Decimal(2), comment="Too slow", failed_payments=(failed,)
    )
    shop.cart("8", ago(minutes=5), **{there(product): 1})  # perhaps still shopping
    sold = shop.written[:]
    assert read(channel).carts.carts == 2
    [row] = left(store=channel.code)
    assert row["Order Number"] == f"{channel.code}-7"
    assert (row["Store Number"], row["Customer Email"], row["Order Total"]) == (
        channel.code, "jane@example.org", Decimal("29.97"),
    )  # fmt: skip
    assert (row["Promo Code"], row["Promo Value"], row["Customer Comments"]) == ("SPRING", 2, "Too slow")
    assert row["Credit Card Issues"] == "51: Insufficient funds"
    assert row["Last Update"] == shop.left["7"].updated_at
    assert world.stock(product) == (10, 0)
    assert shop.written == sold
    assert not InventoryEvent.objects.filter(order_item_id__isnull=False).exists()


def test_reading_it_again_changes_nothing() -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    for _ in range(3):
        ChannelOrder.objects.update(digest=b"")
        assert read(channel).carts.carts == 1
    assert (Order.objects.count(), OrderItem.objects.get().quantity) == (1, 3)
    assert read(channel).carts.carts == 0  # known as it is: not looked at


def test_a_cart_that_is_bought_becomes_the_order() -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    read(channel)
    item = OrderItem.objects.get()
    shop.buy("7", timezone.now())
    read(channel)
    order = Order.objects.get()
    assert (order.status, order.recovered_at, order.items.get().pk) == (2, order.placed_at, item.pk)
    assert left() == []
    assert world.stock(product) == (10, 3)
    assert not ChannelOrder.objects.filter(is_cart=True).exists()
    shop.left["7"] = replace(shop.placed["7"], state="cart")  # late news, from a file say
    read(channel)
    assert (Order.objects.get().status, world.stock(product)) == (2, (10, 3))
    assert not any(outcome.differences for outcome in verify.run())


def test_one_that_was_left_and_touched_again_before_it_is_bought_was_recovered() -> None:
    channel, shop, product = one_channel()
    cart = shop.cart("7", ago(hours=2), **{there(product): 3})
    shop.cart("8", ago(minutes=30), **{there(product): 1})
    read(channel)
    shop.left["7"] = replace(cart, updated_at=ago(minutes=2))
    read(channel)
    assert left() == []  # the customer is back
    for number in ("7", "8"):
        shop.buy(number, timezone.now())
    read(channel)
    recovered = dict(Order.objects.values_list("number", "recovered_at"))
    assert recovered[f"{channel.code}-7"] is not None
    assert recovered[f"{channel.code}-8"] is None


def test_one_that_is_bought_between_two_questions_is_not_lost() -> None:
    """The orders were read before it was bought, and the carts after that."""
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    read(channel)

    def bought_meanwhile(call: str) -> None:
        if call == "carts" and "7" in shop.left:
            shop.buy("7", timezone.now())

    shop.fault = bought_meanwhile  # type: ignore[assignment]
    read(channel)
    assert (Order.objects.get().status, world.stock(product)) == (2, (10, 3))


def test_a_cart_that_vanished_there_goes_with_all_that_is_known_of_its_customer() -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    shop.cart("8", ago(hours=3), **{there(product): 1})
    read(channel)
    del shop.left["7"]
    assert read(channel).carts.gone == 1
    assert [row["Order Number"] for row in left()] == [f"{channel.code}-8"]
    assert (Order.objects.count(), ChannelOrder.objects.count(), OrderItem.objects.count()) == (1, 1, 1)
    shop.left["8"] = replace(shop.left["8"], lines=(), updated_at=timezone.now())  # emptied by the customer
    read(channel)
    assert left() == []


def test_lines_follow_the_cart() -> None:
    channel, shop, product = one_channel()
    other = world.listed(channel.merchant, 4, (channel, shop))
    cart = shop.cart("7", ago(hours=3), **{there(product): 3, there(other): 1})
    read(channel)
    first, second = cart.lines
    shop.left["7"] = replace(cart, lines=(replace(first, ordered=5, open=5),), updated_at=ago(hours=2))
    read(channel)
    assert list(OrderItem.objects.values_list("product", "quantity")) == [(product.pk, 5)]
    assert Order.objects.get().total_amount == Decimal("49.95")
    shop.left["7"] = replace(cart, lines=(second,), updated_at=ago(hours=1))
    read(channel)
    assert list(OrderItem.objects.values_list("product", "quantity")) == [(other.pk, 1)]
    shop.left["7"] = replace(cart, updated_at=ago(hours=2))  # older news
    read(channel)
    assert OrderItem.objects.count() == 1


def test_an_unknown_item_is_a_problem_of_its_cart_until_it_is_known() -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), x_strange=1, **{there(product): 2})
    shop.cart("8", ago(hours=2), x_strange=1)
    assert read(channel).carts.problems == 2
    assert [row["Units"] for row in left()] == [2]
    assert "STRANGE" in ChannelOrder.objects.get(external_id="8").problem
    make.product("STRANGE", of=channel.merchant)
    read(channel)
    assert sorted(row["Units"] for row in left()) == [1, 3]
    assert not ChannelOrder.objects.exclude(problem="").exists()


def test_nonsense_in_one_cart_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    channel, shop, product = one_channel()
    bad = shop.cart("7", ago(hours=2), **{there(product): 1})
    shop.left["7"] = replace(bad, lines=(replace(bad.lines[0], ordered=9_000_000_000),))
    shop.left["9"] = replace(bad, external_id="9")  # another of the number
    shop.cart("8", ago(hours=2), **{there(product): 1})
    outcome = read(channel)
    assert (outcome.carts.problems, outcome.error) == (1, "")
    assert len(left()) == 2
    assert "does not fit" in ChannelOrder.objects.get(external_id="7").problem
    shop.left["7"] = bad
    read(channel)
    assert "two orders of the number" in ChannelOrder.objects.get(external_id="7").problem
    assert "jane@" not in caplog.text


def test_a_card_number_in_a_processors_words_is_not_kept() -> None:
    channel, shop, product = one_channel()
    cart = shop.cart("7", ago(hours=2), **{there(product): 1})
    failures = (FailedPayment(ago(hours=2), "51", "Card 4111 1111 1111 1111 declined"), FailedPayment(ago(hours=1), ""))
    shop.left["7"] = replace(cart, failed_payments=failures)
    read(channel)
    assert list(PaymentAttempt.objects.order_by("attempted_at").values_list("code", "message")) == [
        ("51", "Card … declined"),
        ("", ""),
    ]


@pytest.mark.parametrize(
    "error", [Unavailable("Answered in a form that we do not understand."), BadRequest("no"), AuthFailed("Refused.")]
)
def test_carts_that_cannot_be_read_hold_up_nothing_and_lose_nothing(error: ChannelError) -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    read(channel)
    for call in ("carts", "carts_by_id"):
        shop.fault = lambda name, call=call: error if name == call else None  # type: ignore[misc]
        shop.order(f"O-{call}", timezone.now(), **{there(product): 1})
        outcome = world.sync(channel)
        channel.refresh_from_db()
        assert (outcome.error, channel.failures, channel.is_paused) == ("", 0, False)
        assert channel.carts_error.startswith(str(error))
        assert len(left()) == 1
    assert world.stock(product) == (10, 2)
    shop.fault = lambda name: None
    shop.cart("8", ago(hours=2), **{there(product): 1})
    read(channel)
    channel.refresh_from_db()
    assert (channel.carts_error, len(left())) == ("", 2)


def test_a_rate_limit_is_heeded_by_everything() -> None:
    channel, shop, _product = one_channel()
    shop.fault = lambda name: RateLimited("Too many.", retry_after=60) if name == "carts" else None
    assert read(channel).error
    channel.refresh_from_db()
    assert channel.blocked_until is not None


def test_a_worker_killed_in_between_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    channel, shop, product = one_channel()
    for number in range(7):
        shop.cart(str(number), ago(hours=2), **{there(product): 1})
    take, taken = carts.take, []

    class Killed(BaseException):
        pass

    def killed_at_the_fourth(*arguments: Any, **named: Any) -> bool:
        if len(taken) == 3:
            raise Killed
        taken.append(take(*arguments, **named))
        return True

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(carts, "take", killed_at_the_fourth)
        read(channel)
    assert len(left()) == 3
    assert read(channel).carts.carts == 4
    assert len(left()) == 7


@pytest.mark.django_db(transaction=True)
def test_the_same_cart_taken_by_many_at_once_is_kept_once() -> None:
    channel, shop, product = one_channel()
    cart = shop.cart("7", ago(hours=2), **{there(product): 3})
    failed = replace(cart, failed_payments=(FailedPayment(ago(hours=2), "51"),))
    assert all(at_once(8, lambda n: carts.take(channel, failed, now=timezone.now())))
    assert (Order.objects.count(), OrderItem.objects.count(), PaymentAttempt.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_bought_forgotten_and_read_at_once_it_is_one_order_or_none() -> None:
    channel, shop, product = one_channel()
    cart = shop.cart("7", ago(hours=2), **{there(product): 3})
    carts.take(channel, cart, now=timezone.now())
    order = shop.buy("7", timezone.now())
    what = [
        lambda: carts.take(channel, cart, now=timezone.now()),
        lambda: intake.take(channel, order, caps=FakeChannel.caps, now=timezone.now()),
        lambda: carts.forget(channel, ["7"]),
    ]
    at_once(9, lambda n: what[n % 3]())
    assert (Order.objects.get().status, world.stock(product)) == (2, (10, 3))
    assert left() == []


def test_carts_are_read_by_the_poll_and_not_more_often() -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    Channel.objects.update(carts_polled_at=timezone.now())
    shop.calls.clear()
    exchange.sync(channel.pk)
    assert "carts" not in shop.calls
    Channel.objects.update(carts_polled_at=ago(seconds=61), orders_polled_at=ago(seconds=61))
    assert queries.busy_channels(now=timezone.now(), poll_before=ago(seconds=60)) == [channel.pk]
    exchange.sync(channel.pk)
    assert shop.calls.count("carts") == 1
    channel.refresh_from_db()
    assert channel.carts_polled_at <= channel.orders_polled_at  # type: ignore[operator]  # both are due at once


def test_switched_off_none_is_read_and_none_is_kept() -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    read(channel)
    details = Details(channel.name, False, True, channel.cancel_window, {}, takes_carts=False)
    setup.edit(channel=channel, details=details, settings=channel.options, by=make.user("operations"))
    assert (left(), Order.objects.count()) == ([], 0)
    shop.calls.clear()
    read(channel)
    assert "carts" not in shop.calls


def test_the_page_shows_carts_without_their_customers() -> None:
    channel, shop, product = one_channel()
    shop.cart("7", ago(hours=2), **{there(product): 3})
    shop.cart("8", ago(hours=2), x_strange=3)
    read(channel)
    browser = Client()
    browser.force_login(make.user("operations"))
    page = browser.get(f"/channels/{channel.pk}/").content.decode()
    assert f"{channel.code}-7" in page
    assert "Latest carts" in page
    assert "Not listed here: STRANGE" in page
    assert "jane@" not in page
    Channel.objects.update(carts_error="carts.csv is not in the folder any more.")
    assert "Carts not read" in browser.get(f"/channels/{channel.pk}/").content.decode()
    own = make.user("merchant", of=channel.merchant)
    assert [row["Customer Email"] for row in left(own)] == ["j***@example.org"]
