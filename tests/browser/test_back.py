"""From a row of a list to its page, to the rows beside it, and back to the list as it was."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_rows_beside_and_the_list_as_it_was(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto("/action-required/inventory-cost-issues/?sort=vendor")
    rows = page.locator("#report-results tbody a.cell-main")
    paths = rows.evaluate_all("links => links.map(link => link.pathname)")
    assert len(paths) > 1
    rows.first.click()
    back = page.get_by_role("navigation", name="Back to the list")
    expect(back.get_by_role("link", name="Previous row of the list")).to_be_hidden()
    back.get_by_role("link", name="Next row of the list").click()
    expect(page).to_have_url(re.compile(re.escape(paths[1])))
    back.get_by_role("link", name="Previous row of the list").click()
    expect(page).to_have_url(re.compile(re.escape(paths[0])))
    back.get_by_role("link", name=page.evaluate("JSON.parse(sessionStorage.getItem('ops:list')).title")).click()
    expect(page).to_have_url(re.compile(r"inventory-cost-issues/\?sort=vendor$"))


def test_a_page_that_no_list_led_to_has_no_way_back(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto("/trackers/new/")
    expect(page.get_by_role("navigation", name="Back to the list")).to_be_hidden()


def test_a_ticked_step_is_seen_and_the_list_stays_as_it_is(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto("/action-required/inventory-cost-issues/?sort=vendor")
    page.get_by_text("How to resolve").click()
    page.get_by_role("button", name="Step 2 done").click()
    expect(page).to_have_url(re.compile(r"sort=vendor#steps$"))
    expect(page.get_by_role("button", name="Step 2 done", pressed=True)).to_be_visible()
    page.goto("/action-required/inventory-cost-issues/")
    expect(page.get_by_text("1 of 5 done")).to_be_visible()
    expect(page.get_by_role("button", name="Step 2 done")).to_be_hidden()
