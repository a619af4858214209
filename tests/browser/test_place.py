"""Where one is stays: after a part was swapped, focus is on what was used, the list's top is shown, and the address
says what is shown; Back and Forward too."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

TOP = "document.querySelector('#report-results').getBoundingClientRect().top"
LIST = "/action-required/inventory-cost-issues/?per_page=1"


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    page = visit("operations")
    page.set_viewport_size({"width": 1280, "height": 400})  # the list's foot is far below its top
    page.goto(LIST)
    return page


def is_at(page: Page, text: str) -> None:
    expect(page.locator(":focus")).to_have_text(text)
    page.wait_for_function(f"0 <= {TOP} && {TOP} < 400")  # what comes besides the list may move it for a moment


def test_a_sorted_head_keeps_the_focus(page: Page) -> None:
    page.get_by_role("link", name="Vendor", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("sort=vendor"))
    is_at(page, "Vendor")
    page.keyboard.press("Enter")  # the other way round, without looking for it
    expect(page).to_have_url(re.compile("sort=-vendor"))
    is_at(page, "Vendor")


def test_pages_and_the_way_back(page: Page) -> None:
    following = page.get_by_role("link", name="Next")
    following.scroll_into_view_if_needed()
    following.click()
    expect(page).to_have_url(re.compile("page=2"))
    is_at(page, "Previous")  # there is no next one after the last
    page.go_back()
    expect(page.locator(".pager p")).to_contain_text("1–1")
    is_at(page, "Next")
    page.go_forward()
    expect(page.locator(".pager p")).to_contain_text("2–2")
    is_at(page, "Previous")


def test_a_tab_and_a_removed_filter(page: Page) -> None:
    tab = page.locator("a.view-tab").nth(1)
    tab.focus()
    page.keyboard.press("Enter")
    expect(page.locator("a.view-tab").nth(1)).to_have_attribute("aria-current", "page")
    is_at(page, "Open")
    page.locator(".chip a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    is_at(page, "Add filter")


def test_a_filter_that_was_set(page: Page) -> None:
    page.get_by_text("Add filter").click()
    page.locator("#report-filters input[name=vendor]").fill("V10")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("vendor=V10"))
    is_at(page, "Add filter")


def test_typing_goes_on(page: Page) -> None:
    page.locator("#report-search").press_sequentially("DEAR")
    expect(page).to_have_url(re.compile("q=DEAR"))
    page.keyboard.type("-V10")
    expect(page).to_have_url(re.compile("q=DEAR-V10"))
    assert page.evaluate("document.activeElement.id") == "report-search"
    assert page.locator("#report-search").input_value() == "DEAR-V10"


# parts of the page's head are swapped when it is loaded, too: those are not meant
TYPES_AT_THE_SWAP = """document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const search = document.querySelector("#report-search");
    if (detail.target.id !== "report-results" || search.value !== "DEAR") return;
    search.value += "-V10";
    search.dispatchEvent(new Event("input", { bubbles: true }));
}, { capture: true })"""


def test_what_is_typed_at_the_moment_of_the_swap_is_asked_for(page: Page) -> None:
    page.evaluate(TYPES_AT_THE_SWAP)
    page.locator("#report-search").fill("DEAR")  # at once: key by key, a slow machine asks for a part of it first
    expect(page).to_have_url(re.compile("q=DEAR-V10"))
    assert page.locator("#report-search").input_value() == "DEAR-V10"
