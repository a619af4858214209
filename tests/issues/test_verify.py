"""`verify_ledger` tells when a table of issues or a total of findings was changed behind the triggers' back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inventory_ops.models import FindingTotal, InventoryCostIssue, OrderCostIssue, ShippingIssue
from inventory_ops.operations import scans, verify
from tests.issues.test_pages import world

pytestmark = pytest.mark.django_db


def told(name: str) -> list[str]:
    return next(outcome.differences for outcome in verify.run() if outcome.name == name)


def test_what_is_right_passes() -> None:
    world()
    scans.run("costs")
    scans.run("shipping")
    assert told("tables of issues") == told("totals of findings") == []


def test_rows_that_were_changed_lost_or_added_are_named() -> None:
    world()
    scans.run("costs")
    dear = InventoryCostIssue.objects.get(sku="DEAR-12.5-OWN")
    InventoryCostIssue.objects.filter(pk=dear.pk).update(price_now=Decimal(1))
    lost = ShippingIssue.objects.filter(period="12m").order_by("product")[0].product_id
    ShippingIssue.objects.filter(period="12m", product=lost).delete()
    OrderCostIssue.objects.update(sku="OTHER")
    found = told("tables of issues")
    assert f"inventory-cost-issues: the row of product_id {dear.pk} is not what the live query gives" in found
    assert f"shipping-issues: the row of period 12m, product_id {lost} is missing or otherwise" in found
    assert sum(line.startswith("order-cost-issues") for line in found) == 2 * OrderCostIssue.objects.count()


def test_a_wrong_number_of_findings_is_named() -> None:
    world()
    scans.run("costs")
    FindingTotal.objects.filter(merchant_id__isnull=True, report="inventory-cost-issues").update(count=77)
    assert told("totals of findings") == ["findings of inventory-cost-issues, merchant any, open: kept 77, counted 2"]
