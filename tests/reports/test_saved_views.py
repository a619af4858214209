"""Saved views: kept, shared by role and rules, opened by default, changed, and deleted; by whom they may be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory_ops.models import SavedView, User
from tests import make
from tests.together import at_once

pytestmark = pytest.mark.django_db
SLUG = "inventory-cost-issues"
LIST = f"/action-required/{SLUG}/"
SAVE = f"/preferences/views/{SLUG}/"


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def save(browser: Client, name: str = "Mine", scope: str = "me", query: str = "loss=2&sort=sku", **more: str) -> Any:
    return browser.post(SAVE, {"name": name, "scope": scope, "query": query, "columns": "sku,price,loss"} | more)


def tabs(response: Any) -> dict[str, str]:
    return {tab.label: tab.url for tab in response.context["page"].views.tabs}


def test_a_view_keeps_filters_order_columns_and_rows_a_page() -> None:
    make.product("A", price=Decimal(10), cost=Decimal(15))
    make.product("B", price=Decimal(10), cost=Decimal(11))
    browser = client(make.user("operations"))
    saved = save(browser, query="loss=2&sort=sku&per_page=25&page=3&as_of=2020-01-01&_export=csv&nonsense=1")
    view = SavedView.objects.get()
    assert (view.query, view.columns) == ("loss=2&sort=sku&per_page=25", ["sku", "price", "loss"])
    page = browser.get(saved["Location"]).context["page"]
    assert [header.key for header in page.table.head.headers] == ["sku", "price", "loss"]
    assert (page.table.row_count, page.views.current.name, page.views.current.is_changed) == (1, "Mine", False)
    assert [tab.label for tab in page.views.tabs if tab.active] == ["Mine"]
    changed = browser.get(saved["Location"] + "&explained_by=both").context["page"]
    assert changed.views.current.is_changed


def test_who_sees_a_view() -> None:
    own, other = make.merchant(), make.merchant()
    staff, mate, admin = make.user("operations"), make.user("operations"), make.user("admin")
    seller, colleague, rival = (
        make.user("merchant", of=own),
        make.user("merchant", of=own),
        make.user("merchant", of=other),
    )
    for user, name in ((staff, "staff"), (seller, "seller")):
        for scope in ("me", "group", "all"):
            save(client(user), f"{name} {scope}", scope)
    seen = {
        user: {tab for tab in tabs(client(user).get(LIST)) if " " in tab and tab.split()[0] in ("staff", "seller")}
        for user in (staff, mate, admin, seller, colleague, rival)
    }
    assert seen == {
        staff: {"staff me", "staff group", "staff all"},
        mate: {"staff group", "staff all"},
        admin: {"staff all"},
        seller: {"seller me", "seller group", "staff all"},  # a seller cannot share with everybody
        colleague: {"seller group", "staff all"},
        rival: {"staff all"},
    }


def test_a_view_that_is_not_mine_changes_neither_columns_nor_tabs() -> None:
    save(client(make.user("operations")))
    private = SavedView.objects.get()
    page = client(make.user("operations")).get(f"{LIST}?loss=2&view={private.pk}").context["page"]
    assert page.views.current is None
    assert [header.key for header in page.table.head.headers] != private.columns


@pytest.mark.parametrize("path", ["change", "delete"])
def test_only_the_owner_and_administrators_change_a_view(path: str) -> None:
    owner = make.user("operations")
    save(client(owner), "shared", "all")
    save(client(owner), "private", "me")
    shared, private = SavedView.objects.order_by("-name")
    for user, view, status in (
        (make.user("operations"), shared, 404),
        (make.user("admin"), private, 404),
        (make.user("admin"), shared, 302),
        (owner, private, 302),
    ):
        values = {"name": view.name, "scope": view.scope}
        assert client(user).post(f"/preferences/views/{view.pk}/{path}/", values).status_code == status


def test_a_list_opens_with_the_chosen_view_and_all_still_means_all() -> None:
    browser = client(make.user("operations"))
    save(browser, is_default="on")
    view = SavedView.objects.get()
    opened = browser.get(LIST)
    assert (opened.status_code, opened["Location"]) == (302, f"{LIST}?loss=2&sort=sku&view={view.pk}")
    page = browser.get(opened["Location"])
    assert tabs(page)["All"] == "?view=all"
    assert browser.get(f"{LIST}?view=all").status_code == 200
    assert browser.get(LIST, headers={"HX-Request": "true"}).status_code == 200
    assert client(make.user("operations")).get(LIST).status_code == 200  # each person's own choice
    browser.post(f"/preferences/views/{SLUG}/{view.pk}/open/", {"stop": "1"})
    assert browser.get(LIST).status_code == 200


def test_a_deleted_view_opens_nothing() -> None:
    browser = client(make.user("operations"))
    save(browser, is_default="on")
    browser.post(f"/preferences/views/{SavedView.objects.get().pk}/delete/")
    assert browser.get(LIST).status_code == 200


def test_rename_share_and_keep_changes() -> None:
    owner = make.user("operations")
    browser = client(owner)
    save(browser)
    view = SavedView.objects.get()
    address = f"/preferences/views/{view.pk}/change/"
    browser.post(address, {"name": "  Below  cost ", "scope": "group"})
    browser.post(address, {"update": "1", "query": "loss=7&view=1&columns=sku", "columns": "sku"})
    view.refresh_from_db()
    assert (view.name, view.scope, view.query, view.columns) == ("Below cost", "group", "loss=7", ["sku"])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": "  "}, "1 to 60"),
        ({"name": "x" * 61}, "1 to 60"),
        ({"name": "a\x00b"}, "1 to 60"),
        ({"scope": "world"}, "who sees"),
        ({"query": "loss=much"}, "Loss at least"),
        ({"query": "q=" + "x" * 3000}, "Search"),
        ({"name": "taken"}, "already"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(values: dict[str, str], reason: str) -> None:
    browser = client(make.user("operations"))
    save(browser, "taken")
    answer = browser.post(SAVE, {"name": "n", "scope": "me", "query": "", "columns": ""} | values, follow=True)
    assert any(reason in str(message) for message in answer.context["messages"])
    assert SavedView.objects.count() == 1


def test_columns_picked_inside_a_view_stand_in_the_address() -> None:
    browser = client(make.user("operations"))
    location = save(browser)["Location"]
    answer = browser.post(f"/preferences/columns/{SLUG}/", {"columns": ["sku", "cost"], "next": location})
    page = browser.get(answer["Location"]).context["page"]
    assert [header.key for header in page.table.head.headers] == ["sku", "cost"]
    assert page.views.current.is_changed
    assert [header.key for header in browser.get(location).context["page"].table.head.headers] == [
        "sku",
        "price",
        "loss",
    ]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_saving_the_same_name_make_one_view() -> None:
    user = make.user("operations")
    browsers = [client(user), client(user)]
    at_once(len(browsers), lambda n: save(browsers[n]))
    assert SavedView.objects.count() == 1


def test_saved_views_cost_no_query(django_assert_max_num_queries: Any) -> None:
    browser = client(make.user("operations"))
    for number in range(5):
        save(browser, f"view {number}")
    browser.get(f"{LIST}?view=1")
    with django_assert_max_num_queries(8):
        assert len(tabs(browser.get(f"{LIST}?view=1"))) >= 6
