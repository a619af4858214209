"""What the overview shows first of the trackers below target."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory_ops.models import InventoryType
from tests import make
from trackers import losses
from trackers.models import Tracker

pytestmark = pytest.mark.django_db


def tracked(sku: str, *, on_hand: int, sold: int, mechanism: str = "stock_quantity") -> Tracker:
    """A product with its tracker; what was sold was sold within the days that are looked at."""
    product = make.product(sku, price=Decimal(20), created_at=make.NOW - timedelta(days=400))
    if sold:
        make.item(product, in_=make.order(at=make.NOW - timedelta(days=3), status=3), quantity=sold)
    values: dict[str, Any] = {"lookback_days": 30} if mechanism == "stalled_days" else {}
    return Tracker.objects.create(
        merchant_id=product.merchant_id,
        product=product,
        inventory_type=InventoryType.objects.get(code="good"),
        mechanism=mechanism,
        quantity=50,
        value=on_hand,
        **values,
    )


@pytest.fixture
def below() -> dict[str, Tracker]:
    made = [
        tracked("ENOUGH", on_hand=40, sold=30),
        tracked("SOON", on_hand=2, sold=30),
        tracked("SLOW-OUT", on_hand=0, sold=6),
        tracked("FAST-OUT", on_hand=-1, sold=90),
        tracked("UNSOLD", on_hand=1, sold=0),
        tracked("STALLED", on_hand=9, sold=0, mechanism="stalled_days"),
    ]
    return {tracker.product.sku: tracker for tracker in made}


def test_what_loses_most_sales_comes_first_then_what_runs_out_soonest(below: Any) -> None:
    found = losses.ranked(Tracker.objects.all(), as_of=make.NOW, most=10)
    assert [each.tracker.product.sku for each in found] == ["FAST-OUT", "SLOW-OUT", "SOON", "ENOUGH", "UNSOLD"]
    assert [(each.units, each.amount) for each in found[:3]] == [(3, 60), (Decimal("0.2"), 4), (0, 0)]


def test_only_the_trackers_that_are_shown_are_read_whole(below: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3) as found:
        first = losses.ranked(Tracker.objects.all(), as_of=make.NOW, most=2)
        assert [each.tracker.merchant.currency for each in first] == ["GBP"] * 2
    assert "LIMIT 300" in found.captured_queries[0]["sql"] and '"lookback_days"' not in found.captured_queries[0]["sql"]
    assert "price" not in found.captured_queries[1]["sql"]
