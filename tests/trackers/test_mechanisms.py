"""Truth tables of the three mechanisms, with every boundary."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from inventory_ops.models import InventoryEvent, InventoryType, Merchant, Product
from tests import make
from trackers import queries
from trackers.models import Tracker
from trackers.operations import health, rules

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


def good() -> InventoryType:
    return InventoryType.objects.get(code="good")


def read(
    product: Product, mechanism: str, *, as_of: datetime = NOW, type_: str = "good", **values: int
) -> queries.Reading:
    return queries.preview(
        product=product,
        inventory_type_id=InventoryType.objects.get(code=type_).pk,
        values={"mechanism": mechanism} | values,
        as_of=as_of,
    )


def sold(product: Product, units: int, *, days_ago: float = 1, **fields: Any) -> None:
    at = NOW - timedelta(days=days_ago)
    make.item(product, in_=make.order(at=at, status=fields.pop("status", 3)), quantity=units, **fields)


def old(**fields: Any) -> Product:
    return make.product(created_at=NOW - timedelta(days=400), **fields)


# -- stock quantity -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_hand", "quantity", "health_", "state"),
    [
        (0, 100, 0, "critical"),
        (49, 100, 4900, "critical"),
        (50, 100, 5000, "low"),
        (99, 100, 9900, "low"),
        (100, 100, 10000, "healthy"),  # below is strict
        (250, 100, 25000, "healthy"),  # not capped
        (-5, 100, 0, "critical"),  # negative stock counts as zero
        (99_999, 100_000, 9999, "low"),
        (999_999, 1_000_000, 9999, "low"),  # 99.9999 % is floored to 99.99
        (499_999, 1_000_000, 4999, "critical"),  # the unrounded ratio decides the state
        (1, 3, 3333, "critical"),
        (2, 3, 6666, "low"),
    ],
)
def test_stock_quantity(on_hand: int, quantity: int, health_: int, state: str) -> None:
    product = old()
    make.stock(product, on_hand)
    reading = read(product, "stock_quantity", quantity=quantity)
    assert (reading.value, reading.health, reading.state) == (on_hand, health_, state)


@pytest.mark.parametrize(
    ("expiry_days", "counted"),
    [
        (None, 111),  # blank: no filter, expired stock counts too
        (0, 110),  # what expires today is left out
        (13, 110),
        (14, 100),  # exactly 14 days left is not more than 14
        (15, 100),
    ],
)
def test_only_more_shelf_life_than_asked_counts(expiry_days: int | None, counted: int) -> None:
    product = old()
    make.stock(product, 1, lot="A", expires_on=TODAY)
    make.stock(product, 10, lot="B", expires_on=TODAY + timedelta(days=14))
    make.stock(product, 100)  # no date: never expires
    values = {} if expiry_days is None else {"expiry_days": expiry_days}
    reading = read(product, "stock_quantity", quantity=1, **values)
    assert (reading.value, reading.not_counted) == (counted, 111 - counted)


def test_today_is_the_merchants_today() -> None:
    # 12:00 UTC on 31 March is already 1 April on Kiritimati (+14)
    product = old(of=make.merchant(timezone="Pacific/Kiritimati"))
    make.stock(product, 5, lot="A", expires_on=date(2026, 4, 1))
    assert read(product, "stock_quantity", quantity=1, expiry_days=0).value == 0
    assert read(product, "stock_quantity", quantity=1, expiry_days=0, as_of=NOW - timedelta(days=1)).value == 5


def test_stock_of_other_types_and_products_does_not_count() -> None:
    product = old()
    make.stock(product, 5)
    make.stock(product, 7, type_="defective")
    make.stock(old(), 9)
    assert read(product, "stock_quantity", quantity=10).value == 5
    assert read(product, "stock_quantity", quantity=10, type_="defective").value == 7


# -- turnover days --------------------------------------------------------------------------------------------------


def test_the_seeds_example_48_a_day_for_7_days() -> None:
    product = old()
    make.stock(product, 212)
    sold(product, 48 * 30, days_ago=3)
    reading = read(product, "turnover_days", lookback_days=30, coverage_days=7)
    assert (reading.daily, reading.threshold, reading.health, reading.state) == (48, 336, 6309, "low")


@pytest.mark.parametrize(
    ("days_ago", "counts"),
    [(0, False), (0.51, True), (1, True), (30, True), (30.49, True), (30.51, False), (31, False)],
)
def test_the_window_is_the_last_complete_days(days_ago: float, counts: bool) -> None:
    product = old()
    make.stock(product, 10)
    sold(product, 30, days_ago=days_ago)
    assert read(product, "turnover_days", lookback_days=30, coverage_days=7).sold == (30 if counts else 0)


@pytest.mark.parametrize(
    ("fields", "units"),
    [
        ({"status": 1}, 0),  # carts never
        ({"status": 2}, 10),
        ({"status": 3}, 10),
        ({"status": 2, "cancelled_quantity": 4, "cancelled_by": "customer"}, 6),
        ({"status": 2, "cancelled_quantity": 10, "cancelled_by": "seller"}, 0),
    ],
)
def test_sales_are_placed_orders_less_what_was_cancelled(fields: dict[str, Any], units: int) -> None:
    product = old()
    make.stock(product, 10)
    sold(product, 10, **fields)
    assert read(product, "turnover_days", lookback_days=30, coverage_days=7).sold == units


@pytest.mark.parametrize(
    ("created_days_ago", "actual", "state"),
    [(0, 0, "no_data"), (1, 1, "healthy"), (10, 10, "healthy"), (30, 30, "healthy"), (31, 30, "healthy")],
)
def test_actual_days_start_at_the_first_availability(created_days_ago: int, actual: int, state: str) -> None:
    product = make.product(created_at=NOW - timedelta(days=created_days_ago))
    make.stock(product, 10_000)
    if created_days_ago:
        sold(product, 10, days_ago=1)
    reading = read(product, "turnover_days", lookback_days=30, coverage_days=7)
    assert (reading.actual_days, reading.state) == (actual, state)


def test_an_order_before_the_product_was_entered_is_its_first_availability() -> None:
    product = make.product(created_at=NOW - timedelta(days=2))
    make.stock(product, 10)
    sold(product, 10, days_ago=20)
    assert read(product, "turnover_days", lookback_days=30, coverage_days=7).actual_days == 20


def test_exactly_at_the_threshold_is_100_percent() -> None:
    product = old()
    make.stock(product, 70)
    sold(product, 300, days_ago=2)
    reading = read(product, "turnover_days", lookback_days=30, coverage_days=7)
    assert (reading.health, reading.state) == (10000, "healthy")


def test_a_threshold_that_no_decimal_can_hold_decides_exactly() -> None:
    product = old()
    make.stock(product, 7)
    sold(product, 1, days_ago=2)
    # 1 sold in 3 days × 21 = exactly 7
    assert read(product, "turnover_days", lookback_days=3, coverage_days=21).state == "healthy"
    sold(product, 1, days_ago=2)
    assert read(product, "turnover_days", lookback_days=3, coverage_days=21).health == 5000


def test_no_sales_is_a_state_of_its_own() -> None:
    product = old()
    make.stock(product, 10)
    reading = read(product, "turnover_days", lookback_days=30, coverage_days=7)
    assert (reading.health, reading.state, reading.ratio) == (0, "no_sales", None)


def test_nothing_to_sell_all_through_the_window_is_a_stock_out() -> None:
    product = old()
    assert read(product, "turnover_days", lookback_days=30, coverage_days=7).state == "stock_out"


def event(product: Product, kind: str, quantity: int, *, days_ago: float) -> None:
    balance = product.balances.first() or make.stock(product, 0)
    last = InventoryEvent.objects.filter(balance=balance).count()
    InventoryEvent.objects.create(
        merchant_id=product.merchant_id,
        product=product,
        balance=balance,
        inventory_type=good(),
        location=balance.location,
        kind=kind,
        quantity=quantity,
        quantity_after=0,
        sequence=last + 1,
        source="system",
        occurred_at=NOW - timedelta(days=days_ago),
        digest=b"",
    )


@pytest.mark.parametrize(
    ("days_ago", "state"),
    [
        (40, "stock_out"),  # left before the window
        (20, "no_sales"),  # there was stock on some days of it
        (0.1, "no_sales"),  # until today
    ],
)
def test_stock_that_left_inside_the_window_was_there_to_sell(days_ago: float, state: str) -> None:
    product = old()
    event(product, "written_off", -5, days_ago=days_ago)
    assert read(product, "turnover_days", lookback_days=30, coverage_days=7).state == state


# -- stalled days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "health_", "state"), [(0, 0, "critical"), (2, 4000, "critical"), (4, 8000, "low"), (5, 10000, "healthy")]
)
def test_stalled_days(units: int, health_: int, state: str) -> None:
    product = old()
    if units:
        sold(product, units, days_ago=60)
    reading = read(product, "stalled_days", lookback_days=90, quantity=5)
    assert (reading.value, reading.health, reading.state) == (units, health_, state)


def test_shipments_count_by_ship_time_and_returns_do_not_matter() -> None:
    product = old()
    make.item(
        product, in_=make.order(at=NOW - timedelta(days=200)), quantity=3, shipped=3, shipped_at=NOW - timedelta(days=5)
    )
    make.item(product, in_=make.order(status=2, at=NOW - timedelta(days=5)), quantity=9, shipped=0)
    event(product, "returned", 2, days_ago=3)
    assert read(product, "stalled_days", lookback_days=90, quantity=5).value == 3


# -- days and daylight saving ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),  # a day of 23 hours
        ("Europe/Berlin", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        ("America/Sao_Paulo", datetime(2026, 3, 29, 2, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("America/Sao_Paulo", datetime(2026, 3, 29, 3, 0, tzinfo=UTC), date(2026, 3, 29)),
    ],
)
def test_a_day_is_the_merchants_day(zone: str, moment: datetime, day: date) -> None:
    from trackers.models import ProductDay

    product = old(of=make.merchant(timezone=zone))
    make.item(product, in_=make.order(at=moment), quantity=1)
    assert list(ProductDay.objects.values_list("day", "sold", "shipped")) == [(day, 1, 1)]


def test_a_new_time_zone_rebuilds_the_days() -> None:
    from trackers.models import ProductDay

    merchant = make.merchant()
    make.item(old(of=merchant), in_=make.order(at=datetime(2026, 3, 29, 1, tzinfo=UTC)))
    Merchant.objects.filter(pk=merchant.pk).update(timezone="America/Sao_Paulo")
    assert ProductDay.objects.get().day == date(2026, 3, 28)
    assert queries.rollup_differences() == []


def test_the_roll_up_follows_late_changed_and_cancelled_orders() -> None:
    product = old()
    sold(product, 10, days_ago=20, status=2)
    line = product.order_items.get()
    line.quantity_shipped, line.shipped_at = 4, NOW - timedelta(days=2)
    line.save()
    line.cancelled_quantity, line.cancelled_by = 3, "customer"
    line.save()
    assert queries.rollup_differences() == []
    line.ordered_at = NOW - timedelta(days=50)
    line.save()
    assert queries.rollup_differences() == []
    line.delete()
    assert queries.rollup_differences() == []


# -- rules and constraints ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"mechanism": "stock_quantity", "quantity": 0},
        {"mechanism": "stock_quantity"},
        {"mechanism": "stock_quantity", "quantity": 5, "lookback_days": 3},
        {"mechanism": "turnover_days", "lookback_days": 0, "coverage_days": 7},
        {"mechanism": "turnover_days", "lookback_days": 30},
        {"mechanism": "turnover_days", "lookback_days": 30, "coverage_days": 7, "quantity": 1},
        {"mechanism": "stalled_days", "lookback_days": 30},
        {"mechanism": "stalled_days", "lookback_days": 30, "quantity": 5, "expiry_days": 1},
        {"mechanism": "else", "quantity": 5},
    ],
)
def test_the_database_refuses_parameters_that_make_no_rule(values: dict[str, Any]) -> None:
    product = make.product()
    with pytest.raises(IntegrityError), transaction.atomic():
        Tracker.objects.create(merchant_id=product.merchant_id, product=product, inventory_type=good(), **values)


def test_saving_the_same_combination_updates_it_and_says_how() -> None:
    product = old()
    first = rules.save(
        product=product,
        inventory_type=good(),
        mechanism="turnover_days",
        values={"lookback_days": 30, "coverage_days": 7},
        by=None,
    )
    second = rules.save(
        product=product,
        inventory_type=good(),
        mechanism="turnover_days",
        values={"lookback_days": 30, "coverage_days": 14, "quantity": 99},
        by=None,
    )
    assert (first.created, second.created, second.before) == (True, False, "30 / 7 days")
    assert second.tracker.parameters == "30 / 14 days"
    assert Tracker.objects.count() == 1
    assert [event.kind for event in second.tracker.events.order_by("id")] == ["created", "changed"]


def test_changing_into_anothers_key_asks_and_merges() -> None:
    product, by = old(), make.user("operations")
    keep = rules.save(product=product, inventory_type=good(), mechanism="stock_quantity", values={"quantity": 5}, by=by)
    move = rules.save(
        product=product,
        inventory_type=good(),
        mechanism="stalled_days",
        values={"quantity": 5, "lookback_days": 9},
        by=by,
    )
    change = {
        "tracker": move.tracker,
        "product": product,
        "inventory_type": good(),
        "mechanism": "stock_quantity",
        "values": {"quantity": 8},
        "by": by,
    }
    with pytest.raises(rules.RuleTaken):
        rules.edit(**change)
    assert Tracker.objects.count() == 2
    rules.edit(**change, merge=True)
    assert Tracker.objects.get().pk == keep.tracker.pk
    assert Tracker.objects.get().quantity == 8


def test_a_rescan_with_nothing_changed_writes_nothing() -> None:
    product = old()
    make.stock(product, 5)
    rules.save(product=product, inventory_type=good(), mechanism="stock_quantity", values={"quantity": 10}, by=None)
    health.evaluate_all(NOW)
    before = list(Tracker.objects.extra(select={"x": "xmin::text"}).values_list("x", flat=True))  # type: ignore[call-overload]
    counts = health.evaluate_all(NOW)
    assert (counts.seen, counts.changed, counts.opened, counts.resolved) == (1, 0, 0, 0)
    assert list(Tracker.objects.extra(select={"x": "xmin::text"}).values_list("x", flat=True)) == before  # type: ignore[call-overload]


def test_a_changed_stock_shows_at_once() -> None:
    product = old()
    balance = make.stock(product, 5)
    saved = rules.save(
        product=product, inventory_type=good(), mechanism="stock_quantity", values={"quantity": 10}, by=None
    )
    health.refresh()
    balance.on_hand = 10
    balance.save()
    assert health.refresh() == 1
    saved.tracker.refresh_from_db()
    assert saved.tracker.state == "healthy"
    assert health.refresh() == 0
