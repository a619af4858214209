"""The bell, settings and saved views in a real browser, with something in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot
from tests.browser.test_pages import MODES, check

LIST = "/action-required/inventory-cost-issues/"


@pytest.mark.parametrize("mode", MODES)
def test_from_settings_to_the_bell(visit: Callable[..., Page], mode: str) -> None:
    from django.utils import timezone

    from inventory_ops.operations import scans
    from inventory_ops.operations.notifications import dispatch

    page = visit("operations", **MODES[mode])
    page.goto("/notifications/settings/")
    page.get_by_label("How", exact=False).first.select_option("app")
    page.get_by_role("button", name="Add destination").click()
    page.wait_for_url("**/notifications/settings/*/")
    page.get_by_label("Inventory cost issues").check()
    page.get_by_label("Orders with cost issues").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("2 subscriptions added.")).to_be_visible()
    found = check(page)
    shoot(page, f"{mode}-notifications-destination")
    scans.run("costs")
    assert dispatch.dispatch(now=timezone.now()) == 1
    page.goto(LIST)
    bell = page.get_by_role("link", name="2 unread notifications")
    bell.click()
    page.wait_for_url("**/notifications/")
    found += check(page)
    shoot(page, f"{mode}-notifications")
    page.get_by_role("button", name="Inventory cost issues").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inventory cost issues")
    expect(page.get_by_role("link", name="1 unread notification")).to_be_visible()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("mode", MODES)
def test_a_view_is_saved_and_opens_the_list(visit: Callable[..., Page], mode: str, world: Any) -> None:
    page = visit("operations", **MODES[mode])
    page.goto(f"{LIST}?loss=2&sort=sku")
    page.get_by_text("Save view", exact=True).first.click()
    page.get_by_role("textbox", name="Name").fill("Dear ones")
    page.get_by_label("Open this list with it").check()
    page.locator(".view-panel").get_by_role("button", name="Save view").click()
    expect(page.locator(".view-tab[aria-current]")).to_have_text("Dear ones")
    page.goto(LIST)
    assert "loss=2" in page.url
    page.locator(".view-tabs summary").click()
    found = check(page)
    shoot(page, f"{mode}-view-panel")
    page.get_by_role("button", name="Delete view “Dear ones”").click()
    expect(page.locator(".view-tab", has_text="Dear ones")).to_have_count(0)
    page.goto(LIST)
    assert "loss=2" not in page.url
    assert not found, "\n".join(found)
