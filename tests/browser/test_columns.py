"""Columns in another order and width, by mouse and by keyboard; undo of what was done beside a list."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

LIST = "/action-required/inventory-cost-issues/?sort=sku"


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    page = visit("operations")
    page.goto(LIST)
    return page


@pytest.fixture
def scanned(page: Page) -> Page:
    """The list once its rows are findings."""
    from inventory_ops.operations import scans

    scans.run("costs")
    page.goto(LIST)
    return page


def heads(page: Page) -> list[Any]:
    found: list[Any] = page.locator("th[data-column]").evaluate_all("all => all.map(each => each.dataset.column)")
    return found


def test_the_order_by_keyboard(page: Page) -> None:
    before = heads(page)
    page.get_by_text("Columns", exact=True).click()
    grip = page.locator("[data-grip]").nth(1)
    grip.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#live")).to_have_text(re.compile(r": 1 / \d+"))
    expect(page.locator(":focus")).to_have_attribute("data-grip", "")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("th[data-column]").first).to_have_attribute("data-column", before[1])
    assert heads(page)[:2] == [before[1], before[0]]
    expect(page).to_have_url(re.compile("sort=sku"))


def test_the_order_by_mouse(page: Page) -> None:
    before = heads(page)
    page.get_by_text("Columns", exact=True).click()
    grip, target = page.locator("[data-grip]").nth(0).bounding_box(), page.locator("[data-grip]").nth(2).bounding_box()
    assert grip and target
    page.mouse.move(grip["x"] + 5, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(target["x"] + 5, target["y"] + 10, steps=8)
    page.mouse.up()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("th[data-column]").first).to_have_attribute("data-column", before[1])
    assert heads(page)[2] == before[0]


def test_a_width_by_mouse_and_by_number(page: Page) -> None:
    head = page.locator("th[data-column=vendor]")
    edge = head.locator(".column-edge").bounding_box()
    assert edge
    page.mouse.move(edge["x"] + 4, edge["y"] + 8)
    page.mouse.down()
    page.mouse.move(edge["x"] + 84, edge["y"] + 8, steps=6)
    page.mouse.up()
    expect(head).to_have_class(re.compile(r"\bhas-\d+"))
    expect(page).to_have_url(re.compile(r"\?sort=sku$"))
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("Width of Vendor").fill("400")
    page.keyboard.press("Enter")
    expect(head).to_have_class(re.compile(r"\bhas-400\b"))
    assert page.locator("th[data-column=vendor]").evaluate("head => head.offsetWidth") == 400


def test_undo_in_the_drawer_and_behind_it(scanned: Page) -> None:
    page = scanned
    rows = page.locator("a[data-drawer]")
    address = rows.first.get_attribute("href")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.locator("#drawer-body summary", has_text="Assign").click()
    page.locator("#drawer-body [name=assignee]").select_option(index=1)
    page.locator("#drawer-body details[open] button.btn-primary").click()
    toast = page.locator("#drawer-toasts [data-toast]")
    expect(toast).to_contain_text("Undo")
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("#drawer-toasts")).to_contain_text("Undone.")
    expect(page.locator("#drawer-body")).to_contain_text("Undone")  # its history was read again
    page.locator("#drawer-body summary", has_text="Snooze").click()
    page.locator("#drawer-body details[open] button.btn-primary").click()
    expect(toast).to_contain_text("Snooze")
    page.keyboard.press("Escape")
    expect(page.locator("#toasts [data-toast]")).to_contain_text("Undo")
    expect(page.locator(f"a[data-drawer][href='{address}']")).to_have_count(0)
    expect(page.locator(":focus")).to_have_attribute("data-drawer", "")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Undone.")
    expect(page.locator(f"a[data-drawer][href='{address}']")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?sort=sku$"))


def test_a_toast_goes_and_waits_while_it_has_the_focus(scanned: Page) -> None:
    page = scanned
    page.clock.install()
    page.goto(LIST)
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.locator("#drawer-body summary", has_text="Assign").click()
    page.locator("#drawer-body [name=assignee]").select_option(index=1)
    page.locator("#drawer-body details[open] button.btn-primary").click()
    undo = page.locator("#drawer-toasts").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    undo.focus()
    page.clock.run_for(30_000)
    expect(undo).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.mouse.move(5, 5)
    page.clock.run_for(11_000)
    expect(undo).to_have_count(0)
