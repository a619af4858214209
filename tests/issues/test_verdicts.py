"""Why items were not shipped: a verdict for each case, counted by vendor and canceller; repeated shortages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, InventoryType, OrderItem, Product
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import findings, ledger
from inventory_ops.operations.ledger import Movement
from inventory_ops.queries import shipping, verdicts
from inventory_ops.registries import finding_hints
from tests import make

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def booked(sku: str, units: int, **fields: Any) -> Product:
    product = make.product(sku, **fields)
    movement = Movement(product.pk, EventKind.RECEIVED, units, occurred_at=NOW - timedelta(days=40))
    ledger.book([movement], source=EventSource.CSV)
    return product


def short(product: Product, **fields: Any) -> OrderItem:
    values = {"quantity": 5, "shipped": 0, "ship_by": NOW - timedelta(days=2)} | fields
    return make.item(product, in_=make.order(at=NOW - timedelta(days=5), status=values.pop("status", 2)), **values)


@pytest.mark.parametrize(
    ("units", "fields", "verdict"),
    [
        (4, {}, "shortage"),
        (4, {"cancelled_quantity": 5, "cancelled_by": "warehouse"}, "shortage"),
        (5, {"cancelled_quantity": 5, "cancelled_by": "warehouse"}, "pick_error"),
        (9, {"shipped": 3}, "pick_error"),
        (5, {"cancelled_quantity": 5, "cancelled_by": "seller"}, "vendor"),
        (5, {}, "carrier"),
        (5, {"cancelled_quantity": 5, "cancelled_by": "system"}, "unknown"),
        (None, {}, "unknown"),
        (None, {"cancelled_quantity": 5, "cancelled_by": "seller"}, "vendor"),
    ],
)
def test_each_case_gets_a_verdict(units: int | None, fields: dict[str, Any], verdict: str) -> None:
    product = make.product("A") if units is None else booked("A", units)
    item = short(product, **fields)
    lines = shipping.unshipped_lines(viewer=None, as_of=NOW, after=None, until=NOW)
    found: Any = verdicts.with_verdict(lines).get(pk=item.pk)
    assert (found.verdict, found.on_hand_then) == (verdict, units or 0)


def test_cases_are_counted_by_vendor_canceller_and_verdict_and_lead_to_each_other() -> None:
    one, two = make.merchant("V1"), make.merchant("V2")
    for sku in "AB":
        short(booked(sku, 1, of=one))
    short(booked("C", 9, of=two), cancelled_quantity=5, cancelled_by="seller")
    browser = Client()
    browser.force_login(make.user("operations"))
    rows = browser.get("/api/v1/reports/unshipped-by-cause/").json()["results"]
    assert [(row["Vendor Number"], row["Cancelled By"], row["Verdict"], row["Cases"]) for row in rows] == [
        ("V1", None, "shortage", 2),
        ("V2", "seller", "vendor", 1),
    ]
    page = browser.get("/action-required/shipping-issues/by-cause/").content.decode()
    assert "/action-required/shipping-issues/orders/?vendor=V1&amp;verdict=shortage&amp;by=nobody" in page
    cases = browser.get("/api/v1/reports/unshipped-orders/?vendor=V1&verdict=shortage&by=nobody").json()["results"]
    assert sorted(row["Item SKU"] for row in cases) == ["A", "B"]
    assert {row["Verdict"] for row in cases} == {"shortage"}
    merchant = Client()
    merchant.force_login(make.user("merchant", of=two))
    seen = merchant.get("/api/v1/reports/unshipped-by-cause/").json()["results"]
    assert [row["Vendor Number"] for row in seen] == ["V2"]


def test_a_repeated_shortage_suggests_a_tracker_with_its_numbers() -> None:
    product, by = booked("A", 1), make.user("operations")
    for _ in range(2):
        short(product)
    findings.scan_report(registry.get("shipping-issues"), as_of=timezone.now())
    finding = Finding.objects.get(report="shipping-issues")
    cases, hint = finding_hints.hints(finding, [product], by, timezone.now())
    assert "Shortage 2" in cases.text
    assert "short 2 times" in hint.text
    browser = Client()
    browser.force_login(by)
    assert (
        "Make this tracker" in browser.get(f"/action-required/shipping-issues/findings/{product.pk}/").content.decode()
    )
    form = browser.get(hint.url).context["form"]
    assert form.initial["mechanism"] == "stock_quantity" and form.initial["stock_quantity-quantity"] >= 2
    values = {"product": product.pk, "merchant": product.merchant_id, "mechanism": "stock_quantity"}
    values |= {
        "inventory_type": InventoryType.objects.get(code="good").pk,
        "stock_quantity-quantity": form.initial["stock_quantity-quantity"],
    }
    assert browser.post("/trackers/new/", values).status_code == 302
    assert "raise its number" in finding_hints.hints(finding, [product], by, timezone.now())[1].text
