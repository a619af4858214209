"""Links of a list swap its part: one shell around one list, however often one clicks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

LISTS = {
    "operations": "/action-required/inventory-cost-issues/?per_page=1",
    "merchant": "/trackers/?per_page=1",
    "admin": "/action-required/user-audit/?per_page=1",
}


def _is_whole(page: Page) -> None:
    for once in ("main", "#report-results", "#report-export", "nav[aria-label] >> text=Overview"):
        expect(page.locator(once)).to_have_count(1)


def test_every_kind_of_link(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto(LISTS["operations"])
    _is_whole(page)
    page.locator("a.sort-link").nth(1).click()
    expect(page).to_have_url(re.compile("sort="))
    _is_whole(page)
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.locator(".pager p")).to_contain_text("2–2")
    _is_whole(page)
    page.go_back()
    expect(page.locator(".pager p")).to_contain_text("1–1")
    _is_whole(page)
    page.locator("a.page-size").nth(1).click()
    expect(page).to_have_url(re.compile("per_page=50"))
    _is_whole(page)
    page.locator("a.view-tab").nth(1).click()
    expect(page.locator("a.view-tab").nth(1)).to_have_attribute("aria-current", "page")
    _is_whole(page)
    page.locator(".chip a").first.click()
    expect(page.locator(".chip")).to_have_count(0)
    _is_whole(page)


def test_a_filter_suggests_while_one_types(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto("/action-required/inventory-cost-issues/")
    page.locator(".add-filter").click()
    field = page.get_by_label("Vendor number")
    field.press_sequentially("v1")
    expect(page.locator("datalist option")).to_have_attribute("value", "V10")
    field.fill("V10")
    page.get_by_role("button", name="Show results").click()
    expect(page.locator(".chip")).to_contain_text("V10")


def test_a_bad_filter_is_told_in_its_place(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto("/action-required/inventory-cost-issues/")
    page.evaluate("document.querySelector('#report-filters').noValidate = true")
    page.get_by_text("Add filter").click()
    field = page.locator("#report-filters input[name=margin]")
    field.evaluate("input => { input.type = 'text'; input.value = 'many'; }")
    page.get_by_role("button", name="Show results").click()
    expect(page.locator("#report-results .notice")).to_be_visible()
    _is_whole(page)


@pytest.mark.parametrize("role", ["merchant", "admin"])
def test_lists_of_other_apps(visit: Callable[..., Page], world: dict[str, Any], role: str) -> None:
    page = visit(role)
    page.goto(LISTS[role])
    page.locator("a.view-tab").nth(1).click()
    expect(page.locator("a.view-tab").nth(1)).to_have_attribute("aria-current", "page")
    _is_whole(page)
