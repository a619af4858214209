"""Pictures of lists: what bars count is what the list they open shows, whoever looks; in a fixed number of queries."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory_ops.kit.reports import Report, pictures, registry
from inventory_ops.models import Merchant
from inventory_ops.operations import scans
from tests import make
from tests.issues.test_pages import world

pytestmark = pytest.mark.django_db

DRAWN = [report for report in registry if report.has_pictures]
OF_FINDINGS = [report for report in DRAWN if getattr(report, "has_workflow", False)]
MOST_QUERIES = 16


class Cells(HTMLParser):
    """Links of charts with the number beside them: a bar's row, or the number itself in a table of times."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: list[tuple[str, str]] = []
        self._url = ""
        self._text: list[str] | None = None
        self._row: list[str] = []
        self._row_url = ""
        self._in_bars = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "table":
            self._in_bars = values.get("class") == "chart-table"
        elif tag == "tr":
            self._row, self._row_url = [], ""
        elif tag == "a" and values.get("tabindex") != "-1":
            self._url = values.get("href") or ""
            self._row_url = self._row_url or self._url
            self._text = []
        elif tag == "td":
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            if not self._in_bars and self._url and self._text is not None:
                self.bars.append((self._url, "".join(self._text)))
            self._url, self._text = "", None
        elif tag == "td" and self._in_bars:
            self._row.append("".join(self._text or []))
            self._text = None
            if len(self._row) == 1 and self._row_url:
                self.bars.append((self._row_url, self._row[0]))


def bars(text: str) -> list[tuple[str, str]]:
    parser = Cells()
    parser.feed(text)
    return [(url, shown) for url, shown in parser.bars if re.fullmatch(r"[\d,]+", shown)]


def signed_in(role: str, of: Merchant | None = None) -> Client:
    browser = Client()
    browser.force_login(make.user(role, of=of))
    return browser


def part(browser: Client, report: Report, query: str = "") -> Any:
    return browser.get(f"/insights/{report.slug}/{query}", headers={"HX-Request": "true"})


@pytest.fixture
def filled() -> Merchant:
    """Rows of two vendors in all reports, as the scans left them."""
    merchant = world("OWN")
    world("OTHER", currency="JPY")
    cart = make.order(
        "CART-1", status=1, at=timezone.now() - timedelta(days=2), promo_code="spring", store=make.store()
    )
    make.item(make.product("IN-CART", of=merchant), in_=cart)
    make.product("NEVER", of=merchant, category=make.category("Lamps"))
    for name in ("costs", "shipping", "demand", "checkouts"):
        scans.run(name)
    return merchant


@pytest.mark.parametrize("report", OF_FINDINGS, ids=lambda report: report.slug)
@pytest.mark.parametrize("role", ["admin", "merchant"])
def test_each_bar_opens_the_rows_that_it_counts(report: Report, role: str, filled: Merchant) -> None:
    browser = signed_in(role, filled if role == "merchant" else None)
    answer = part(browser, report)
    assert answer.status_code == 200
    found = bars(answer.text)
    assert found, answer.text
    for url, shown in found:
        page = browser.get(url).context["page"]
        assert not page.errors, (url, page.errors)
        assert page.figures.count == int(shown.replace(",", "")), url


@pytest.mark.parametrize("report", OF_FINDINGS, ids=lambda report: report.slug)
def test_no_vendor_sees_what_is_anothers(report: Report, filled: Merchant) -> None:
    seller = part(signed_in("merchant", filled), report).text
    assert "OTHER" not in seller
    assert "JPY" not in seller
    assert "OTHER" in part(signed_in("admin"), report).text or report.slug == "abandoned-checkouts"


def queries(browser: Client, report: Report) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert part(browser, report).status_code == 200
    return len(captured)


@pytest.mark.parametrize("report", OF_FINDINGS, ids=lambda report: report.slug)
def test_pictures_take_the_same_few_queries_whatever_there_is(report: Report, filled: Merchant) -> None:
    browser = signed_in("admin")
    few = queries(browser, report)
    for n in range(3):
        world(f"MORE-{n}", currency="SEK")
    for name in ("costs", "shipping", "demand"):
        scans.run(name)
    assert queries(browser, report) == few
    assert few <= MOST_QUERIES


def test_the_list_itself_asks_for_no_picture(filled: Merchant) -> None:
    browser = signed_in("admin")
    for report in OF_FINDINGS:
        answer = browser.get(report.url)
        assert "chart-table" not in answer.text
        assert f'hx-get="/insights/{report.slug}/?"' in answer.text


def test_pictures_have_a_page_of_their_own(filled: Merchant) -> None:
    browser = signed_in("admin")
    page = browser.get("/insights/order-cost-issues/?window=90d").text
    assert "Insights: Orders with cost issues" in page and "<nav" in page
    assert 'href="/action-required/order-cost-issues/?window=90d"' in page
    wrong = browser.get("/insights/order-cost-issues/?window=x")
    assert wrong.status_code == 400 and "chart-table" not in wrong.text
    assert browser.get("/insights/jobs/").status_code == 404
    assert browser.get("/insights/nothing/").status_code == 404


def test_more_rows_than_are_drawn(filled: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_ROWS", 1)
    text = part(signed_in("admin"), registry.get("order-cost-issues")).text
    assert "Pictures are drawn of up to 1 rows" in text and "chart-table" not in text


def test_amounts_are_added_up_in_the_shops_currency_or_not_at_all(filled: Merchant) -> None:
    report, browser = registry.get("order-cost-issues"), signed_in("admin")
    apart = part(browser, report).text
    assert "2 currencies" in apart and "Loss by" not in apart
    make.rates("GBP", JPY="0.005")
    together = part(browser, report).text
    assert "2 currencies" not in together and "Loss by day, in GBP" in together


def test_what_a_bar_is_called() -> None:
    dear = make.product("A", price=Decimal(10), cost=Decimal(12), category=make.category("<b>Lamps</b>"))
    make.stock(dear, 1)
    text = part(signed_in("admin"), registry.get("inventory-cost-issues")).text
    assert "&lt;b&gt;Lamps&lt;/b&gt;" in text and "<b>Lamps" not in text
    assert "Price or cost" in text
