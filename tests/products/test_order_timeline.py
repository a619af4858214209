"""The timeline of an order: what happened, in its order, and to whom it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory_ops.models import Finding, Merchant, Order, OrderItem
from inventory_ops.pages import order_timeline
from tests import make

pytestmark = pytest.mark.django_db


def ago(**units: float) -> datetime:
    return timezone.now() - timedelta(**units)


@pytest.fixture
def order() -> Order:
    made = make.order("ORD-1", at=ago(days=5), closed_at=ago(days=1))
    for number, of in (("MINE", make.merchant("V-MINE")), ("OTHERS", make.merchant("V-OTHERS"))):
        item = make.item(make.product(number, of=of), in_=made, quantity=3, shipped=2)
        OrderItem.objects.filter(pk=item.pk).update(shipped_at=ago(days=2), ship_by=ago(days=3), issue_at=ago(days=4))
        Finding.objects.create(
            report="order-cost-issues", key=str(item.pk), label=f"ORD-1 · {number}", merchant=of,
            first_seen_at=ago(days=4), opened_at=ago(days=3.5), last_seen_at=ago(days=1), state="resolved",
            resolved_at=ago(hours=2),
        )  # fmt: skip
    make.attempt(made, attempted_at=ago(days=5.1))
    return made


def titles(order: Order, role: str, of: Merchant | None = None) -> list[str]:
    user = make.user(role, of=of)
    items = list(OrderItem.objects.visible_to(user).filter(order=order).select_related("product").order_by("pk"))
    found = order_timeline.of(order, items, viewer=user, now=timezone.now())
    assert [moment.at for moment in found] == sorted(moment.at for moment in found)
    return [f"{moment.title} {moment.text}".strip() for moment in found]


def test_everything_in_its_order(order: Order) -> None:
    found = titles(order, "operations")
    assert found[0].startswith("Payment failed") and "Placed" in found and "Closed" in found
    for sku in ("MINE", "OTHERS"):
        said = [each for each in found if sku in each]
        assert said == [
            f"Cost above the price {sku}",
            f"Finding opened: Order cost ORD-1 · {sku}",
            f"1 unit not shipped in time {sku}",
            f"2 units shipped {sku}",
            f"Finding resolved: Order cost ORD-1 · {sku}",
        ]


def test_a_seller_sees_its_own_and_no_payment(order: Order) -> None:
    found = titles(order, "merchant", Merchant.objects.get(vendor_number="V-MINE"))
    assert not [each for each in found if "OTHERS" in each or "Payment" in each]
    assert [each for each in found if "MINE" in each]


def test_the_page_takes_the_same_queries_for_more_items(order: Order) -> None:
    browser = Client()
    browser.force_login(make.user())

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert "Timeline" in browser.get("/orders/ORD-1/").text
        return len(captured)

    few = queries()
    for _n in range(4):
        make.item(make.product(), in_=order)
    assert queries() == few
