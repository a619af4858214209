"""The three scenarios of the tracker guide, step by step as they are written there, with the results it promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect


def make_hot_seller(world: dict[str, Any]) -> None:
    from tests import make

    now = timezone.now()
    hot = make.product("KF-2204", of=world["own"], name="Matcha Latte Mix", created_at=now - timedelta(days=300))
    make.stock(hot, 212)
    make.item(hot, in_=make.order(at=now - timedelta(days=5)), quantity=1440)
    food = make.product("RICE-1", of=world["own"], name="Rice Crackers", created_at=now - timedelta(days=300))
    make.stock(food, 60, lot="NEAR", expires_on=(now + timedelta(days=10)).date())
    make.stock(food, 70, lot="FAR", expires_on=(now + timedelta(days=100)).date())
    slow = make.product("SLOW-1", of=world["own"], name="Dry Bag", created_at=now - timedelta(days=300))
    make.stock(slow, 500)
    make.item(slow, in_=make.order(at=now - timedelta(days=40)), quantity=2)


def choose(page: Page, sku: str, merchant: str | None = "V10 · Vendor V10") -> None:
    if merchant is not None:
        page.get_by_label("Merchant", exact=False).first.select_option(label=merchant)
    search(page, sku)
    page.locator(f".ts-dropdown .option:has-text('{sku}')").click()
    expect(page.locator("select[name=product]")).not_to_have_value("")
    page.locator("select[name=inventory_type]").select_option(label="Good")


def search(page: Page, sku: str) -> None:
    """Type into the list of products, and wait for what the server finds: the list is drawn anew with it."""
    field = page.locator("#id_product-ts-control")
    field.click()
    with page.expect_response(lambda response: response.url.endswith(f"&q={sku}")):
        field.fill(sku)


SCENARIOS = {
    "dynamic replenishment": ("KF-2204", "Turnover days", {"lookback_days": "30", "coverage_days": "7"}, "63%", "Low"),
    "expiry-sensitive": ("RICE-1", "Stock quantity", {"quantity": "100", "expiry_days": "14"}, "70%", "Low"),
    "stalled products": ("SLOW-1", "Stalled days", {"lookback_days": "90", "quantity": "5"}, "40%", "Critical"),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_of_the_guide(visit: Callable[..., Page], world: dict[str, Any], name: str) -> None:
    sku, mechanism, numbers, health, state = SCENARIOS[name]
    make_hot_seller(world)
    page = visit("operations")
    page.goto("/trackers/")
    page.get_by_role("link", name="New tracker").click()
    page.wait_for_url("**/trackers/new/**")  # the list has a choice of merchants too
    choose(page, sku)
    page.get_by_role("radio", name=mechanism).check()
    prefix = mechanism.lower().replace(" ", "_")
    for field, value in numbers.items():
        page.locator(f"[name='{prefix}-{field}']").fill(value)
    expect(page.locator("#preview")).to_contain_text(health)  # before it is saved
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/trackers/")
    row = page.locator("tbody tr", has_text=sku)
    expect(row).to_contain_text(health)
    expect(row).to_contain_text(state)
    if mechanism == "Stalled days":
        expect(row).to_contain_text("units shipped")  # not the stock level
    row.get_by_role("link", name=sku).click()
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator("#tracker-chart canvas")).to_be_visible()
    page.get_by_text("Show data").click()
    expect(page.get_by_role("columnheader", name="Day")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_click_on_save_counts_while_the_product_box_has_the_focus(
    visit: Callable[..., Page], world: dict[str, Any], width: int
) -> None:
    make_hot_seller(world)
    page = visit("operations")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/trackers/new/")
    choose(page, "KF-2204")
    page.get_by_role("radio", name="Stock quantity").check()
    page.locator("[name='stock_quantity-quantity']").fill("100")
    expect(page.locator("#preview")).to_contain_text("212%")
    page.locator(".ts-control").last.click()
    page.keyboard.press("Escape")  # the list is closed, the focus is still there
    save = page.get_by_role("button", name="Save", exact=True)
    save.scroll_into_view_if_needed()
    before = save.bounding_box()
    assert before is not None
    page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] - 3)
    page.mouse.down()
    assert save.bounding_box() == before
    page.mouse.up()
    page.wait_for_url("**/trackers/")


def test_the_list_of_products_says_why_it_is_empty(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    make_hot_seller(world)
    page = visit("operations")
    page.goto("/trackers/new/")
    page.get_by_label("Merchant", exact=False).first.select_option(label="V20 · Vendor V20")
    search(page, "KF-2204")
    note = page.locator(".ts-dropdown .option", has_text="belongs to V10 · Vendor V10")
    expect(note).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("select[name=product]")).to_have_value("")  # a note is no product


def test_switching_the_merchant_clears_product_and_type(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    make_hot_seller(world)
    page = visit("operations")
    page.goto("/trackers/new/")
    choose(page, "KF-2204")
    page.get_by_label("Merchant", exact=False).first.select_option(label="V20 · Vendor V20")
    expect(page.locator("select[name=inventory_type]")).to_have_value("")
    expect(page.locator("select[name=product]")).to_have_value("")
    search(page, "QUIET")
    expect(page.locator(".ts-dropdown .option", has_text="QUIET-V20")).to_be_visible()
    expect(page.locator(".ts-dropdown .option", has_text="QUIET-V10")).to_have_count(0)


def test_an_answer_that_comes_late_is_not_shown(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    page = visit("operations")
    page.goto("/trackers/new/")
    merchant = page.get_by_label("Merchant", exact=False).first
    held: list[Route] = []
    page.route("**/products/**q=QUIET", lambda route: held.append(route))
    merchant.select_option(label="V10 · Vendor V10")
    with page.expect_request("**q=QUIET"):
        page.locator("#id_product-ts-control").fill("QUIET")
    merchant.select_option(label="V20 · Vendor V20")
    search(page, "DEAR")
    expect(page.locator(".ts-dropdown .option", has_text="DEAR-V20")).to_be_visible()
    with page.expect_response("**q=QUIET"):
        held[0].continue_()
    page.wait_for_timeout(500)  # it had the time to be shown
    expect(page.locator(".ts-dropdown .option", has_text="QUIET-V10")).to_have_count(0)
    expect(page.locator(".ts-dropdown .option", has_text="DEAR-V20")).to_be_visible()


def test_a_merchant_chosen_before_the_script_came_is_followed(
    visit: Callable[..., Page], world: dict[str, Any]
) -> None:
    make_hot_seller(world)
    page = visit("operations")
    chosen = []

    def come_late(script: Route) -> None:
        chosen.extend(page.get_by_label("Merchant", exact=False).first.select_option(label="V10 · Vendor V10"))
        script.continue_()

    page.route("**/js/tracker-form*.js", come_late)
    page.goto("/trackers/new/")
    assert chosen
    choose(page, "KF-2204", merchant=None)
