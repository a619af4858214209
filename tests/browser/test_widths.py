"""Every list fits every window: nothing scrolls sideways, rows are low, and no number is parted from its unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from tests import make

WIDTHS = (1024, 1100, 1200, 1280, 1366, 1440, 1600, 1920)
LANGUAGES = {"en": WIDTHS, "de": (1024, 1280, 1600)}  # German words are the longest
LOWEST = 56  # pixels of the median row, at 1280
ROLES = ("operations", "finance", "admin", "merchant")
LONG = "Hand-finished stainless steel garden lantern with four interchangeable coloured panes"

MEASURE = """() => {
  const root = document.documentElement;
  const lines = (cell) => new Set([...cell.querySelectorAll('*')].concat(cell).flatMap((each) =>
    [...each.childNodes].filter((node) => node.nodeType === 3 && node.data.trim()).flatMap((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return [...range.getClientRects()].map((box) => Math.round(box.top / 8));
    })));
  return {
    sideways: root.scrollWidth - root.clientWidth,
    head: [...document.querySelectorAll('.report-list thead')]
      .map((head) => Math.round(head.rows[0].cells[0].getBoundingClientRect().top - head.getBoundingClientRect().top)),
    rows: [...document.querySelectorAll('.report-list tbody tr')].map((row) => row.offsetHeight),
    parted: [...document.querySelectorAll('.report-list td.num')]
      .filter((cell) => cell.offsetWidth && lines(cell).size > 2).map((cell) => cell.textContent),
    cut: [...document.querySelectorAll('.report-list td.num')]
      .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
  };
}"""


@pytest.fixture
def long_values(world: dict[str, Any]) -> None:
    """What is longest in life: names, amounts of a currency without small units, e-mail addresses."""
    now = timezone.now()
    maker = make.merchant(
        "V-0004-LONG", name="The Nordwind Outdoor and Home Trading Company of Göteborg", currency="JPY"
    )
    for number in range(6):
        product = make.product(
            f"NORDWIND-LANTERN-{number:08}",
            of=maker,
            name=LONG,
            price=Decimal(3_000_000),
            cost=Decimal(4_999_999),
            created_at=now - timedelta(days=200),
        )
        make.stock(product, 123_456)
        order = make.order(
            f"ORDER-2026-{number:010}",
            at=now - timedelta(days=2),
            customer_email="wilhelmina.von-der-lichtenberg@customers.example.org",
        )
        make.item(product, in_=order, unit_price=Decimal(3_000_000), unit_cost=Decimal(4_999_999), quantity=2)
        cart = make.order(
            f"CART-2026-{number:010}",
            status=1,
            at=now - timedelta(days=1),
            comment=LONG,
            promo_code="MIDSUMMER-SALE-2026",
            total_amount=Decimal(3_000_000),
        )
        make.item(product, in_=cart, quantity=1)
        make.attempt(cart)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.usefixtures("long_values")
def test_every_list_at_every_width(visit: Callable[..., Page], world: dict[str, Any], role: str, language: str) -> None:
    from inventory_ops.kit.reports import registry

    page = visit(role, language=language)
    wrong, filled = [], 0
    for report in registry:
        if not report.allows(world["users"][role]):
            continue
        page.goto(report.url)
        for width in LANGUAGES[language]:
            page.set_viewport_size({"width": width, "height": 900})
            found = page.evaluate(MEASURE)
            filled += bool(found["rows"])
            if found["sideways"] > 0:
                wrong.append(f"{report.slug} at {width}: {found['sideways']} pixels too wide")
            if any(found["head"]):
                wrong.append(f"{report.slug} at {width}: its head is {found['head']} pixels from its place")
            if width == 1280 and found["rows"] and median(found["rows"]) > LOWEST:
                wrong.append(f"{report.slug}: rows are {median(found['rows'])} pixels high")
            wrong += [f"{report.slug} at {width}: {text!r} is cut" for text in found["cut"]]
            wrong += [f"{report.slug} at {width}: {text!r} is on several lines" for text in found["parted"]]
    assert not wrong, "\n".join(wrong)
    assert filled >= 3 * len(LANGUAGES[language])  # not all of the lists were empty
