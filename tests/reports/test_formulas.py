"""What lists say is a product of two of their columns is one, as printed: typed into a calculator, it comes out."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.reports import registry
from tests import make
from tests.calculator import computed

pytestmark = pytest.mark.django_db

# list: the columns that are multiplied, the one that says the result, and the figure above the list that names it
PRODUCTS = {
    "inventory-cost-issues": ("loss", "on_hand", "value_at_risk", "loss × units on hand"),
    "order-cost-issues": ("loss", "quantity", "loss_amount", "units × loss per unit"),
}
DIGITS = {"GBP": 2, "JPY": 0}


@pytest.fixture(params=range(3))
def world(request: Any) -> None:
    random = Random(request.param)
    now = timezone.now()
    for currency in DIGITS:
        merchant = make.merchant(currency, currency=currency)
        for number in range(8):
            price = Decimal(random.randint(1, 99_999)) / 100
            cost = price + Decimal(random.randint(1, 9_999)) / random.choice((1, 10, 100, 1_000, 10_000))
            product = make.product(f"{currency}-{number}", of=merchant, price=price, cost=cost)
            make.stock(product, random.randint(1, 300))
            order = make.order(f"O-{currency}-{number}", at=now - timedelta(days=2), currency=currency)
            make.item(product, in_=order, quantity=random.randint(1, 30), unit_price=price, unit_cost=cost)


def exported(slug: str) -> list[dict[str, str]]:
    browser = Client()
    browser.force_login(make.user())
    answer: Any = browser.get(registry.get(slug).url, {"_export": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("slug", PRODUCTS)
def test_the_printed_factors_give_the_printed_product(slug: str, world: None) -> None:
    report = registry.get(slug)
    one, other, result, said = PRODUCTS[slug]
    header = {key: report.columns_by_key[key].header for key in (one, other, result)}
    assert said in [str(kpi.hint) for kpi in report.kpis], "the page says another formula"
    rows = exported(slug)
    assert len(rows) == 16
    for row in rows:
        digits = DIGITS[row["Vendor Number"]]
        value = computed(f"{row[header[one]]} × {row[header[other]]}")
        assert abs(value - Fraction(row[header[result]])) <= Fraction(1, 2 * 10**digits), row
