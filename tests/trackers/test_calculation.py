"""A shown calculation computes: its printed parts give the printed result. And the chart draws what is known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inventory_ops.models import InventoryEvent, InventoryType, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from tests import make
from tests.calculator import computed
from trackers import calculation, queries
from trackers.calculation import Calculation
from trackers.chart import stock_series
from trackers.mechanisms import MECHANISMS
from trackers.models import Tracker
from trackers.operations import rules
from trackers.queries import Reading

RULES = {
    "stock_quantity": {"quantity": st.integers(1, 5000)},
    "turnover_days": {"lookback_days": st.integers(1, 400), "coverage_days": st.integers(1, 400)},
    "stalled_days": {"lookback_days": st.integers(1, 400), "quantity": st.integers(1, 5000)},
}


def check(shown: Calculation, *, down: bool) -> None:
    printed = Fraction(shown.result.replace(",", "").removesuffix("%").strip())
    value = computed(shown.parts)
    if down:
        expected = Fraction((value * 100).__floor__())
        assert shown.exact == (expected == value * 100)
    else:
        rounded = (Decimal(value.numerator) / value.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
        expected = Fraction(rounded)
        assert shown.exact == (expected == value)
    assert printed == expected, str(shown)


@given(data=st.data())
@pytest.mark.parametrize("name", MECHANISMS)
def test_printed_parts_give_the_printed_result(name: str, data: st.DataObject) -> None:
    rule = {key: data.draw(strategy, label=key) for key, strategy in RULES[name].items()}
    value, sold = data.draw(st.integers(-50, 100_000), label="value"), data.draw(st.integers(1, 50_000), label="sold")
    days = data.draw(st.integers(1, rule.get("lookback_days", 1)), label="days")
    below = Fraction(rule["quantity"]) if "quantity" in rule else Fraction(sold * rule["coverage_days"], days)
    health = (max(value, 0) * 10_000 / below).__floor__()
    reading = Reading(
        value=value,
        threshold=round(Decimal(below.numerator) / below.denominator, 4),
        sold=sold,
        actual_days=days,
        not_counted=0,
        today=date(2026, 3, 31),
        health=health,
        state="low",
    )
    mechanism = MECHANISMS[name]
    threshold = calculation.threshold(mechanism, rule, reading)
    assert (threshold is None) == ("quantity" in rule)  # a plain number needs no calculation
    if threshold is not None:
        check(threshold, down=False)
    shown = calculation.health(mechanism, rule, reading)
    assert shown is not None
    check(shown, down=True)
    assert shown.result == f"{health // 100:,} %"


def test_what_was_wrong_as_printed() -> None:
    """0.3 × 14 = 4.7 and 16 ÷ 4.7 = 342 % stood on a page."""
    reading = Reading(16, Decimal("4.6667"), 4, 12, 0, date(2026, 3, 31), 34285, "healthy")
    rule = {"lookback_days": 30, "coverage_days": 14}
    assert str(calculation.threshold(MECHANISMS["turnover_days"], rule, reading)) == "4 ÷ 12 × 14 ≈ 4.67"
    assert str(calculation.health(MECHANISMS["turnover_days"], rule, reading)) == "16 ÷ (4 ÷ 12 × 14) ≈ 342 %"


def tracker_of(sku: str, **values: int) -> Tracker:
    good = InventoryType.objects.get(code="good")
    product = make.product(sku)
    return rules.save(
        product=product, inventory_type=good, mechanism="stock_quantity", values=values, by=make.user("admin")
    ).tracker


def receive(tracker: Tracker, units: int, *, days_ago: int, expires_in: int | None = None) -> None:
    today = queries.today_of(tracker.merchant, timezone.now())
    expires_on = today + timedelta(days=expires_in) if expires_in is not None else None
    at = timezone.now() - timedelta(days=days_ago)
    movement = Movement(
        tracker.product_id, EventKind.RECEIVED, units, occurred_at=at, expires_on=expires_on, lot=str(expires_on or "")
    )
    ledger.book([movement], source=EventSource.SYSTEM)


def drawn(tracker: Tracker, days: int) -> list[int | None]:
    reading = queries.reading(tracker, as_of=timezone.now())
    return stock_series(tracker=tracker, reading=reading, days=days).stock


@pytest.mark.django_db
def test_the_chart_begins_with_the_first_booking() -> None:
    tracker = tracker_of("NEW", quantity=5)
    assert drawn(tracker, 60) == [None] * 60
    receive(tracker, 8, days_ago=0)
    assert InventoryEvent.objects.count() == 1
    assert drawn(tracker, 60) == [*[None] * 59, 8]


@pytest.mark.django_db
def test_the_chart_draws_what_health_counts() -> None:
    """With a shelf life of more than 10 days asked for, a lot of 12 days counts until two days from now only."""
    tracker = tracker_of("FOOD", quantity=5, expiry_days=10)
    receive(tracker, 4, days_ago=3)
    receive(tracker, 6, days_ago=2, expires_in=9)  # counted while it had more than 10 days: two days ago it had 11
    assert sum(StockBalance.objects.values_list("on_hand", flat=True)) == 10
    series = drawn(tracker, 5)
    assert series == [None, 4, 10, 4, 4]
    assert series[-1] == queries.reading(tracker, as_of=timezone.now()).value


@pytest.mark.django_db
def test_the_page_says_what_it_draws_and_computes() -> None:
    tracker = tracker_of("FOOD", quantity=3, expiry_days=10)
    receive(tracker, 4, days_ago=0)
    client = Client()
    client.force_login(make.user("operations"))
    text = client.get(f"/trackers/{tracker.pk}/").content.decode()
    assert "4 ÷ 3 ≈ 133 %" in text
    assert "not known" in text
    assert '<span class="key-stock">Counted stock</span>' in text
