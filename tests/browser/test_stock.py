"""The seed's cases of manual inventory, as people do them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot
from tests.browser.test_pages import MODES, check


def lamp(world: dict[str, Any]) -> Any:
    from inventory_ops.models.ledger import EventKind, EventSource
    from inventory_ops.operations import ledger
    from inventory_ops.operations.ledger import Movement
    from tests import make

    product = make.product("LAMP-1", of=world["own"], name="Desk lamp")
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 10)], source=EventSource.CSV)
    return product


def find(page: Page, path: str, sku: str) -> None:
    page.goto(path)
    page.get_by_label("SKU or name").fill(sku)
    page.keyboard.press("Enter")


def test_a_stock_count(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    product = lamp(world)
    page = visit("operations")
    find(page, "/inventory/adjust/", "LAMP-1")
    page.get_by_label("Set to the counted number").check()
    page.get_by_label("Units").fill("8")
    page.get_by_label("Reason").select_option("count")
    page.get_by_role("button", name="Book the change").click()
    expect(page.get_by_text("Booked in the events ledger")).to_be_visible()
    assert product.balances.get().on_hand == 8
    page.get_by_role("button", name="Undo event").first.click()
    expect(page.get_by_text("was undone by a new event")).to_be_visible()
    assert product.balances.get().on_hand == 10


def test_a_sheet_is_scanned_and_booked(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    product = lamp(world)
    page = visit("operations")
    page.goto("/inventory/count/")
    for units in (1, 2, 3):  # a scanner types and presses Enter; the field has the focus again
        expect(page.get_by_label("Scan or type a SKU")).to_be_focused()
        page.keyboard.type("LAMP-1")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Units of LAMP-1 counted")).to_have_value(str(units))
    page.get_by_label("Units of LAMP-1 counted").fill("9")
    assert not check(page)
    page.get_by_role("button", name="Book the count").click()
    expect(page.get_by_text("1 balance counted; 1 differed and was booked.")).to_be_visible()
    assert product.balances.get().on_hand == 9


def test_a_product_return(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    product = lamp(world)
    page = visit("operations")
    find(page, "/inventory/adjust/return/", "LAMP-1")
    page.get_by_label("Resealable: back to good stock").check()
    page.get_by_label("Units returned").fill("2")
    page.get_by_role("button", name="Book the return").click()
    expect(page.get_by_text("Booked in the events ledger")).to_be_visible()
    assert product.balances.get().on_hand == 12


def test_a_late_marketplace_cancellation(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    page = visit("operations")
    page.goto("/inventory/adjust/cancel/")
    page.get_by_label("Order number").fill("LOSS-V10")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Units of DEAR-V10 back")).to_have_value("2")
    assert not check(page)
    page.get_by_role("button", name="Book the units back").click()
    expect(page.get_by_text("2 units are back")).to_be_visible()


@pytest.mark.parametrize("mode", MODES)
def test_the_pages_are_clean(visit: Callable[..., Page], world: dict[str, Any], mode: str) -> None:
    product = lamp(world)
    page = visit("operations", **MODES[mode])
    found = []
    for path in (
        "/inventory/",
        "/inventory/events/",
        "/inventory/adjust/",
        f"/inventory/adjust/?product={product.pk}",
        f"/inventory/adjust/return/?product={product.pk}",
        f"/inventory/adjust/type/?product={product.pk}",
        f"/inventory/products/{product.pk}/",
        "/inventory/count/",
        "/docs/inventory/",
    ):
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        found += check(page)
        shoot(page, f"{mode}-{path.strip('/').replace('/', '_').replace('?', '_')}")
    assert not found, "\n".join(found)
