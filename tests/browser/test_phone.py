"""On a phone: every number of a card has a name, the two that decide are there, and no detail scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

NAMELESS = """[...document.querySelectorAll('.report-list td.num, .is-stacked td.num[data-label]')]
  .filter((cell) => cell.offsetWidth && cell.textContent.trim()
    && !getComputedStyle(cell, '::before').content.replaceAll('"', '').trim()).map((cell) => cell.textContent)"""
SIDEWAYS = """[document.documentElement, ...document.querySelectorAll('.table-wrap')]
  .filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.className)"""
LISTS = (
    "/action-required/inventory-cost-issues/",
    "/action-required/shipping-issues/",
    "/action-required/order-cost-issues/",
    "/action-required/products-without-orders/",
    "/action-required/abandoned-checkouts/",
    "/inventory/",
    "/inventory/events/",
)


def test_cards_name_their_numbers_and_details_fit(visit: Callable[..., Page]) -> None:
    page = visit("operations", mobile=True)
    seen = 0
    for address in LISTS:
        page.goto(address)
        assert page.evaluate(NAMELESS) == [], address
        assert page.evaluate(SIDEWAYS) == [], address
        first = page.locator(".report-list tbody a.cell-main").first
        if first.count():
            page.goto(str(first.get_attribute("href")))
            assert page.evaluate(SIDEWAYS) == [], page.url
            assert page.evaluate(NAMELESS) == [], page.url
            seen += 1
    assert seen >= 5


def test_a_tracker_shows_stock_and_target(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    from inventory_ops.models import InventoryType, Product
    from trackers.models import Tracker

    product = Product.objects.get(sku="QUIET-V10")
    Tracker.objects.create(
        merchant_id=product.merchant_id,
        product=product,
        inventory_type=InventoryType.objects.get(code="good"),
        mechanism="stock_quantity",
        quantity=100,
    )
    page = visit("operations", mobile=True)
    page.goto("/trackers/")
    card = page.locator(".report-list tbody tr")
    for name, value in (("Current stock", "12"), ("Alert threshold", "100")):
        expect(card.locator(f"td[data-label='{name}']")).to_be_visible()
        expect(card.locator(f"td[data-label='{name}']")).to_contain_text(value)
    assert page.evaluate(NAMELESS) == []
