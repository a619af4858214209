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
    page.wait_for_load_state("networkidle")  # the form drops the old merchant's products first
    page.locator("#id_product-ts-control").click()
    page.locator("#id_product-ts-control").type(sku, delay=20)
    page.locator(f".ts-dropdown .option:has-text('{sku}')").click()
    page.locator("select[name=inventory_type]").select_option(label="Good")


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


def test_switching_the_merchant_clears_product_and_type(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    make_hot_seller(world)
    page = visit("operations")
    page.goto("/trackers/new/")
    choose(page, "KF-2204")
    page.get_by_label("Merchant", exact=False).first.select_option(label="V20 · Vendor V20")
    expect(page.locator("select[name=inventory_type]")).to_have_value("")
    expect(page.locator("select[name=product]")).to_have_value("")
    page.locator("#id_product-ts-control").click()
    page.locator("#id_product-ts-control").type("QUIET", delay=20)
    expect(page.locator(".ts-dropdown .option", has_text="QUIET-V20")).to_be_visible()
    expect(page.locator(".ts-dropdown .option", has_text="QUIET-V10")).to_have_count(0)


def test_a_merchant_chosen_before_the_script_came_is_followed(
    visit: Callable[..., Page], world: dict[str, Any]
) -> None:
    make_hot_seller(world)
    page = visit("operations")
    waiting: list[Route] = []
    page.route("**/js/tracker-form*.js", lambda route: waiting.append(route))
    page.goto("/trackers/new/", wait_until="commit")
    page.get_by_label("Merchant", exact=False).first.select_option(label="V10 · Vendor V10")
    page.wait_for_timeout(200)
    assert len(waiting) == 1
    waiting[0].continue_()
    choose(page, "KF-2204", merchant=None)
