"""Columns in a person's own order and widths: kept for the person, in views, and asked for by the address."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory_ops.kit.reports import layout
from inventory_ops.models import SavedView
from tests import make

pytestmark = pytest.mark.django_db
SLUG = "inventory-cost-issues"
LIST = f"/action-required/{SLUG}/"
COLUMNS = f"/preferences/columns/{SLUG}/"


@pytest.fixture
def browser() -> Client:
    product = make.product("A", price=10, cost=12)
    make.stock(product, 1)
    made = Client()
    made.force_login(make.user("operations"))
    return made


def heads(browser: Client, address: str = LIST) -> list[str]:
    return [head.key for head in browser.get(address).context["page"].table.head.headers]


def css(browser: Client, address: str = LIST) -> dict[str, str]:
    return {head.key: head.css for head in browser.get(address).context["page"].table.head.headers}


def choose(browser: Client, columns: list[str], **widths: Any) -> Any:
    sizes = {f"width_{key}": width for key, width in widths.items()}
    return browser.post(COLUMNS, {"columns": columns, "next": LIST} | sizes)


def test_the_order_and_the_widths_of_a_person_are_kept(browser: Client) -> None:
    choose(browser, ["loss", "sku", "price"], sku=215, loss="", price="x")
    assert heads(browser) == ["loss", "sku", "price"]
    assert "has-200" in css(browser)["sku"] and "has-" not in css(browser)["loss"] + css(browser)["price"]
    choices = browser.get(LIST).context["page"].table.column_choices
    assert [each.key for each in choices[:3]] == ["loss", "sku", "price"] and len(choices) > 3
    browser.post(COLUMNS, {"reset": "1", "next": LIST})
    assert heads(browser)[0] == "sku" and "has-" not in str(css(browser))


def test_a_width_alone_leaves_the_list_to_fit_its_window(browser: Client) -> None:
    shown = heads(browser)
    assert not browser.get(LIST).context["page"].table.scrolls
    choose(browser, shown, sku=320)
    page = browser.get(LIST).context["page"]
    assert heads(browser) == shown and not page.table.scrolls
    assert "has-320" in css(browser)["sku"]


def test_bounds_and_steps_of_a_width() -> None:
    assert layout.read_widths("a:1,b:9999,c:130,d:x,e,f:-5,g:") == {"a": 80, "b": 600, "c": 120}


def test_a_view_keeps_order_and_widths(browser: Client) -> None:
    browser.post(
        f"/preferences/views/{SLUG}/",
        {"name": "Mine", "scope": "me", "query": "", "columns": "loss,sku,nonsense,loss", "widths": "sku:240,x:90"},
    )
    view = SavedView.objects.get()
    assert (view.columns, view.widths) == (["loss", "sku"], {"sku": 240})
    address = f"{LIST}?view={view.pk}"
    assert heads(browser, address) == ["loss", "sku"] and "has-240" in css(browser, address)["sku"]
    answer = browser.post(COLUMNS, {"columns": ["sku", "loss"], "width_sku": "320", "next": address})
    changed = browser.get(answer["Location"]).context["page"]
    assert [head.key for head in changed.table.head.headers] == ["sku", "loss"] and changed.views.current.is_changed
    browser.post(
        f"/preferences/views/{view.pk}/change/",
        {"update": "1", "query": "", "columns": changed.table.shown_keys, "widths": changed.table.widths_text},
    )
    view.refresh_from_db()
    assert (view.columns, view.widths) == (["sku", "loss"], {"sku": 320})


def test_the_address_may_say_it(browser: Client) -> None:
    address = f"{LIST}?columns=loss,sku&widths=loss:160"
    assert heads(browser, address) == ["loss", "sku"] and "has-160" in css(browser, address)["loss"]


def test_a_list_has_no_more_queries_for_it(browser: Client, django_assert_max_num_queries: Any) -> None:
    choose(browser, ["loss", "sku"], sku=200)
    browser.get(LIST)  # what a process reads once
    with django_assert_max_num_queries(8):  # as in test_saved_views.py
        browser.get(LIST)
