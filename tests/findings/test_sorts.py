"""Long lists in the order of what a scan found are read by the findings: the same rows as if all were sorted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory_ops.kit.db import size
from inventory_ops.kit.reports import figures, page, registry
from inventory_ops.models import Finding, User
from tests import make

pytestmark = pytest.mark.django_db
SLUG = "products-without-orders"
SORTS = [f"{mark}{key}" for key in ("first_seen", "finding", "owner") for mark in ("", "-")]


@pytest.fixture
def dated(viewer: User) -> User:
    """Four ages, and two owners that sort by name, not by id."""
    for number, found in enumerate(Finding.objects.order_by("key")):
        found.first_seen_at = make.NOW - timedelta(days=number % 4)
        found.save()
    User.objects.filter(pk=viewer.pk).update(name="Zoe")
    User.objects.filter(findings__isnull=False).exclude(pk=viewer.pk).update(name="Abe")
    return viewer


def _walk(url: str, viewer: User, *, step: str = "next_url") -> tuple[list[list[str]], page.ListPage]:
    """The ids of each page from an address on, and the last page."""
    pages = []
    for _ in range(40):
        shown = page.build(registry.get(SLUG), QueryDict(url.removeprefix("?")), viewer=viewer, selectable=True)
        assert not shown.errors
        pages.append(_ids(shown))
        url = getattr(shown.pager, step) or ""
        if not url:
            break
    return pages, shown


def _ids(shown: page.ListPage) -> list[str]:
    return re.findall(r'name="ids" value="(\d+)"', str(shown.table.body))


@pytest.mark.parametrize("filters", ["", "finding=open", "owner=nobody", "q=P1"])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_read_by_findings_are_those_of_all_rows_sorted(
    dated: User, monkeypatch: pytest.MonkeyPatch, sort: str, filters: str
) -> None:
    url = f"?sort={sort}&finding=all&{filters}"
    [wanted], _ = _walk(url, dated)
    assert len(wanted) >= 3
    monkeypatch.setattr(figures, "MOST_COUNTED", 1)
    for most in (3, 7):
        pages, last = _walk(f"{url}&per_page={most}", dated)
        assert [pk for each in pages for pk in each] == wanted
        assert [len(each) for each in pages[:-1]] == [most] * (len(pages) - 1)
        if len(pages) > 2:
            back, _first = _walk(last.pager.prev_url or "", dated, step="prev_url")
            assert back == pages[-2::-1]
            by_number, _ = _walk(f"{url}&per_page={most}&page={len(pages)}", dated)
            assert by_number == pages[-1:]


def test_what_was_resolved_counts_as_no_finding(dated: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_COUNTED", 1)
    [ids], _ = _walk("?sort=first_seen&finding=all", dated)
    live = {str(found.row_id) for found in Finding.objects.unresolved().filter(row_id__isnull=False)}
    assert set(ids[: len(live)]) == live and len(ids) > len(live)


@pytest.mark.parametrize("token", ["gone.WzEsMl0", "all", "all.WzEsMl0", "rest.WzFd", "all.WyJ4IiwieSJd", "."])
def test_a_place_that_is_none_is_refused(dated: User, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setattr(figures, "MOST_COUNTED", 1)
    query = QueryDict(f"sort=first_seen&page=2&after={token}")
    shown = page.build(registry.get(SLUG), query, viewer=dated)
    assert shown.errors and "first page" in shown.errors[0]


def test_a_page_costs_two_queries_more_than_one_in_its_own_order(
    dated: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(figures, "MOST_COUNTED", 1)
    with CaptureQueriesContext(connection) as own:
        _walk("?per_page=3&finding=all", dated, step="first_url")
    with django_assert_num_queries(len(own) + 1):  # the findings lead
        _walk("?per_page=3&finding=all&sort=first_seen", dated, step="first_url")
    with django_assert_num_queries(len(own) + 2):  # and the owners
        _walk("?per_page=3&finding=all&sort=owner", dated, step="first_url")


@pytest.mark.parametrize("sort", SORTS)
def test_the_api_reads_them_so_too(dated: User, client: Client, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    client.force_login(dated)

    def skus() -> list[str]:
        pages = [
            client.get(f"/api/v1/reports/{SLUG}/?sort={sort}&finding=all&per_page=8&page={n}").json() for n in (1, 2, 3)
        ]
        assert [bool(each["next"]) for each in pages] == [True, True, False]
        return [row["SKU Number"] for each in pages for row in each["results"]]

    wanted = skus()
    monkeypatch.setattr(size, "is_large", lambda model: True)
    assert skus() == wanted and len(wanted) == 20
