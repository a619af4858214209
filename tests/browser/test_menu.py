"""The menu folds by section, remembers it, and never hides where one is."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_a_folded_section_stays_folded(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto("/trackers/")
    section = page.locator("details[data-fold=action]")
    expect(section.get_by_role("link", name="Abandoned")).to_be_visible()
    section.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(section.get_by_role("link", name="Abandoned")).to_be_hidden()
    page.goto("/jobs/")
    expect(section.get_by_role("link", name="Abandoned")).to_be_hidden()
    page.goto("/action-required/abandoned-checkouts/")
    expect(section.get_by_role("link", name="Abandoned")).to_be_visible()
