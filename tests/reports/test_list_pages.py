"""The kit's list page: paging by the last row, figures by currency, late columns, the filter form's HTML."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from inventory_ops.kit import money
from inventory_ops.kit.db import size
from inventory_ops.kit.reports import figures, form, page, registry
from inventory_ops.models import Finding, Product
from inventory_ops.operations import findings
from inventory_ops.queries import rates
from tests import make

pytestmark = pytest.mark.django_db
AS_OF = "as_of=2026-03-31T12:00:00Z"
SLUG = "inventory-cost-issues"


@pytest.fixture
def dear() -> list[Product]:
    """Twelve products below cost; several have the same loss, so that pages end within equal values."""
    own = make.merchant("OWN")
    return [make.product(f"P{n:02}", of=own, cost=Decimal(11 + n // 3)) for n in range(12)]


def shown(query: str, viewer: Any, slug: str = SLUG) -> page.ListPage:
    return page.build(registry.get(slug), QueryDict(f"{AS_OF}&{query}"), viewer=viewer)


def skus(shown_page: page.ListPage) -> list[str]:
    return re.findall(r">(P\d\d)<", shown_page.table.body)


@pytest.mark.parametrize("sort", ["loss", "-sku", "sku", "vendor_number", "price", "-on_hand", "-loss"])
def test_pages_by_key_follow_each_other_like_pages_by_number(sort: str, dear: Any) -> None:
    viewer = make.user("operations")
    nullable = registry.get(SLUG).columns_by_key[sort.removeprefix("-")].nullable
    everything = skus(shown(f"sort={sort}", viewer))
    assert len(everything) == 12
    walked, first = [], shown(f"sort={sort}&per_page=5", viewer)
    at = first
    while True:
        walked.append(skus(at))
        if not at.pager.next_url:
            break
        assert ("after=" in at.pager.next_url) != nullable
        at = shown(at.pager.next_url[1:], viewer)
    assert [sku for each in walked for sku in each] == everything
    assert [len(each) for each in walked] == [5, 5, 2]
    assert at.pager.range_text == "11–12"
    back = shown(at.pager.prev_url[1:], viewer) if at.pager.prev_url else None
    assert back is not None and skus(back) == walked[1]
    assert back.pager.next_url and skus(shown(back.pager.next_url[1:], viewer)) == walked[2]
    assert skus(shown(f"sort={sort}&per_page=5&page=2", viewer)) == walked[1]


def test_a_row_that_comes_between_does_not_shift_the_next_page(dear: list[Product]) -> None:
    viewer = make.user("operations")
    first = shown("sort=sku&per_page=5", viewer)
    make.product("P00a", of=dear[0].merchant, cost=Decimal(12))
    assert first.pager.next_url
    assert skus(shown(first.pager.next_url[1:], viewer)) == ["P05", "P06", "P07", "P08", "P09"]


@pytest.mark.parametrize("token", ["x", "W10", "WyJhIl0", "WyJub3QgYSBudW1iZXIiLDFd", "W251bGwsMV0", "é", "=" * 50])
def test_a_token_that_makes_no_sense_is_explained(token: str, dear: Any) -> None:
    for name in ("after", "before"):
        wrong = shown(f"sort=loss&{name}={token}", make.user("operations"))
        # `loss` is nullable, so it is paged by number and tokens are not read
        assert not wrong.errors
        wrong = shown(f"sort=on_hand&{name}={token}", make.user("operations"))
        assert wrong.errors and wrong.errors[0].startswith("after, before:")


def test_a_token_does_not_tell_what_the_page_masks() -> None:
    own = make.merchant("OWN")
    for n in range(3):
        make.item(make.product(of=own), in_=make.order(customer_email=f"jane{n}@example.org"), unit_cost=Decimal(11))
    masked = shown("sort=email&per_page=1&window=", make.user("merchant", of=own), "order-cost-issues")
    assert masked.pager.next_url and "after" not in parse_qs(urlsplit(masked.pager.next_url).query)
    seen = shown("sort=email&per_page=1&window=", make.user("operations"), "order-cost-issues")
    assert seen.pager.next_url and "after" in parse_qs(urlsplit(seen.pager.next_url).query)


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_money_is_summed_for_each_currency_apart(large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "is_large", lambda model: large)
    pounds, yen = make.merchant("GB"), make.merchant("JP", currency="JPY")
    make.stock(make.product(of=pounds, cost=Decimal(12)), 3)
    viewer = make.user("operations")
    assert _risk(shown("", viewer)) == ("GBP\N{NO-BREAK SPACE}6", ())
    make.stock(make.product(of=yen, cost=Decimal(1012)), 2)
    # without rates they stay apart, and none is said to be the larger one
    parts = ("GBP\N{NO-BREAK SPACE}6", "JPY\N{NO-BREAK SPACE}2,004")
    assert _risk(shown("", viewer)) == ("2 currencies", parts)
    assert _risk(shown("vendor=JP", viewer)) == ("JPY\N{NO-BREAK SPACE}2,004", ())
    assert shown("", viewer).head.kpis[0].value == "2"
    make.rates("GBP", JPY="0.005")
    assert _risk(shown("", viewer)) == ("GBP\N{NO-BREAK SPACE}16", tuple(reversed(parts)))


def _risk(shown_page: page.ListPage) -> tuple[str, tuple[str, ...]]:
    return next((kpi.value, kpi.parts) for kpi in shown_page.head.kpis if kpi.label == "Value at risk")


def test_sums_of_groups_in_several_currencies_are_not_added_up() -> None:
    for currency in ("GBP", "JPY"):
        product = make.product(of=make.merchant(currency=currency))
        for _ in range(2):
            make.item(product, quantity=3, shipped=1)
    value = next(
        kpi for kpi in shown("", make.user("operations"), "shipping-issues").head.kpis if kpi.label == "Value short"
    )
    assert "40" not in value.value


def test_figures_of_a_large_list_are_counted_up_to_a_cap(dear: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_COUNTED", 10)
    monkeypatch.setattr(size, "is_large", lambda model: True)
    viewer = make.user("operations")
    capped = shown("", viewer)
    assert capped.figures.count_text == "10+" and capped.pager.exact_url
    assert [kpi.value for kpi in capped.head.kpis] == ["10+", "…", "…", "…"]
    exact = shown("exact=1", viewer)
    assert exact.figures.count_text == "12" and not exact.pager.exact_url
    assert shown("q=P0", viewer).figures.count_text == "10"


@pytest.mark.parametrize(("most", "is_summed"), [(10, False), (12, True)])
def test_figures_that_a_large_list_does_not_show_are_not_made(
    dear: Any, monkeypatch: pytest.MonkeyPatch, most: int, is_summed: bool
) -> None:
    monkeypatch.setattr(figures, "MOST_COUNTED", most)
    monkeypatch.setattr(size, "is_large", lambda model: True)
    with CaptureQueriesContext(connection) as found:
        shown("", make.user("operations"))
    [statement] = [query["sql"] for query in found.captured_queries if "capped" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("explain (analyze) " + statement)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    [group] = re.findall(r"Aggregate .*\n\s+Group Key: .*currency", plan)
    assert ("never executed" not in group) is is_summed


def test_late_columns_show_sort_and_filter_what_the_scan_found(dear: list[Product]) -> None:
    viewer = make.user("operations", name="Olga Owner")
    report = registry.get(SLUG)
    findings.scan_report(report, as_of=make.NOW)
    owned = Finding.objects.get(key=str(dear[7].pk))
    findings.assign(finding=owned, to=viewer, by=viewer)
    assert shown("", viewer).table.body.count("Open<") == 12
    assert skus(shown("owner=me", viewer)) == ["P07"]
    assert len(skus(shown("owner=nobody", viewer))) == 11
    assert len(skus(shown("finding=open", viewer))) == 12
    assert skus(shown("finding=snoozed", viewer)) == []
    assert skus(shown("sort=owner", viewer))[0] == "P07"


def test_rows_are_not_looked_for_where_the_count_found_none(dear: Any, django_assert_num_queries: Any) -> None:
    viewer = make.user("operations")
    with CaptureQueriesContext(connection) as found:
        assert len(skus(shown("q=P0", viewer))) == 10
    with django_assert_num_queries(len(found) - 2):  # neither the rows nor what a scan found about them
        empty = shown("q=P99", viewer)
    assert (empty.table.row_count, empty.figures.count) == (0, 0)
    assert empty.empty is not None


@pytest.mark.parametrize("report", list(registry), ids=lambda report: report.slug)
def test_the_filter_form_is_drawn_as_django_draws_it(report: Any) -> None:
    drawn = report.filters(QueryDict("vendor=%3CV1%3E&times=x&window=30d&status=3&flash_sale=yes&date_from=2026-01-02"))
    wanted = render_to_string("components/form.html", {"form": drawn.form, "mark_required": False})
    for _again in range(2):  # the second time from what was kept
        assert _tags(form.fields(drawn.form, of=type(drawn))) == _tags(wanted)


def test_a_hint_that_names_the_currency_follows_the_rates() -> None:
    before = _hints()
    assert "own currency." in before and "In GBP;" not in before
    make.rates("GBP", JPY="0.005")
    assert "In GBP; where no rate is known" in _hints()


def _hints() -> str:
    with money.known(rates.current()):
        drawn = registry.get(SLUG).filters(QueryDict(""))
        return form.fields(drawn.form, of=type(drawn))


def _tags(html: str) -> list[tuple[str, list[str], str]]:
    """Tags with their attributes sorted, and the text after each without the space around it."""
    found = re.findall(r"<([^>]*)>([^<]*)", html)
    return [
        (tag.split()[0], sorted(re.findall(r'[\w-]+(?:="[^"]*")?', tag.partition(" ")[2])), " ".join(text.split()))
        for tag, text in found
    ]
