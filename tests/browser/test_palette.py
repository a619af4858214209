"""The palette by keyboard: a combobox whose options are pages, actions and records; `g` and a letter."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    page = visit("operations")
    page.goto("/trackers/")
    page.goto("/")
    return page


def test_a_page_is_found_and_opened(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name=re.compile("Search"))
    expect(field).to_be_focused()
    expect(page.get_by_role("option").first).to_contain_text("Trackers")  # it was open before
    field.fill("run sc")
    expect(page.get_by_role("option").first).to_contain_text("Run scan")
    field.fill("imports")
    option = page.get_by_role("option", selected=True)
    expect(option).to_contain_text("Imports")
    expect(field).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/imports/$"))


def test_arrow_keys_move_and_the_focus_stays(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name=re.compile("Search"))
    field.fill("dear")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    expect(field).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_visible()
    expect(page).to_have_url(re.compile("/products/"))


def test_escape_closes_and_the_focus_returns(page: Page) -> None:
    page.locator(".sidebar-link").first.focus()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    if page.locator("#palette").is_visible():  # the first one empties the field
        page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator(".sidebar-link").first).to_be_focused()


def test_g_and_a_letter(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile("/trackers/$"))
    page.locator("#report-search").focus()
    page.keyboard.type("gp")
    expect(page.locator("#report-search")).to_have_value("gp")
