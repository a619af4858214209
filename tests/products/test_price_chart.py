"""A product's prices over time: what is drawn is what was in force, and a table says the same."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.models import PriceChange, Product
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import availability, ledger
from inventory_ops.operations.ledger import Movement
from inventory_ops.queries import costs, price_history
from tests import make

pytestmark = pytest.mark.django_db


def ago(**units: float) -> datetime:
    return timezone.now() - timedelta(**units)


def change(of: Product, at: datetime, before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
    names = ("price", "special_price", "cost")
    values = {f"{name}_before": old for name, old in zip(names, before, strict=True)}
    values |= {f"{name}_after": new for name, new in zip(names, after, strict=True)}
    PriceChange.objects.create(merchant=of.merchant, product=of, at=at, source="page", **values)


@pytest.fixture
def lamp() -> Product:
    """10 and cost 5, then cost 6, then 12; a sale at 8 in between, and a special price of 11 since a week."""
    product = make.product("LAMP", price=12, cost=6, special_price=11, special_from=ago(days=7))
    change(product, ago(days=60), (10, None, 5), (10, None, 6))
    change(product, ago(days=30), (10, None, 6), (12, 11, 6))
    make.sale(product, ago(days=50), ago(days=40))
    return product


def test_the_steps_are_what_was_in_force(lamp: Product) -> None:
    found = price_history.of_product(lamp, now=timezone.now())
    steps: list[Any] = [(step.price, step.sale, step.cost) for step in found.steps]
    assert steps == [
        (10, None, 5), (10, None, 6), (10, 8, 6), (10, None, 6), (12, None, 6), (12, 11, 6),
    ]  # fmt: skip
    assert [event.kind for event in found.events] == ["sale", "end"]
    assert "20% off" in found.events[0].text


def test_the_last_step_is_the_price_of_now(lamp: Product) -> None:
    now = timezone.now()
    make.sale(lamp, ago(days=1), now + timedelta(days=1), price="7")
    last = price_history.of_product(lamp, now=now).steps[-1]
    shown: Any = costs.with_prices(Product.objects.all(), as_of=now).get()
    assert (last.sale, last.cost) == (shown.price_now, shown.cost) == (Decimal(7), Decimal(6))


def test_nothing_is_drawn_from_before_it_was_there(lamp: Product) -> None:
    new = make.product("NEW", created_at=ago(days=3))
    [step] = price_history.of_product(new, now=timezone.now()).steps
    assert step.at == new.created_at
    [first, *_rest] = price_history.of_product(lamp, now=timezone.now()).steps  # made 400 days ago
    assert abs(first.at - ago(days=365)) < timedelta(minutes=1)


def test_stock_and_availability_are_marked(lamp: Product) -> None:
    def book(kind: EventKind, units: int, days: int) -> None:
        move = Movement(lamp.pk, kind, units, occurred_at=ago(days=days))
        ledger.book([move], source=EventSource.CSV)

    book(EventKind.RECEIVED, 5, 9)
    availability.set_live(products=[lamp.pk], live=False, reason="recalled", by=make.user())
    kinds = [event.kind for event in price_history.of_product(lamp, now=timezone.now()).events]
    assert kinds == ["sale", "end", "off"]


@pytest.mark.parametrize("role", ["operations", "merchant", "finance"])
def test_the_page_draws_it_and_says_it_as_a_table(role: str, lamp: Product) -> None:
    browser = Client()
    browser.force_login(make.user(role, of=lamp.merchant if role == "merchant" else None))
    page = browser.get(f"/products/{lamp.pk}/").content.decode()
    data = json.loads(re.findall(r'id="price-chart-data"[^>]*>(.*?)</script>', page, re.S)[0])
    assert data["price"] == [10, 10, 10, 10, 12, 12, 12] and data["sale"][-1] == 11
    assert "Flash sale begins: 20% off" in page and 'aria-label="Price, sale price and cost over time, in GBP"' in page


def test_a_change_of_now_is_a_step(lamp: Product) -> None:
    before = len(price_history.of_product(lamp, now=timezone.now()).steps)
    change(lamp, timezone.now(), (12, 11, 6), (13, 11, 6))
    Product.objects.filter(pk=lamp.pk).update(price=13)
    lamp.refresh_from_db()
    steps = price_history.of_product(lamp, now=timezone.now()).steps
    assert len(steps) == before + 1 and steps[-1].price == 13
