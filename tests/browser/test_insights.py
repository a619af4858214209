"""Pictures of a list: unfolded on demand, remembered, to be read as tables, and each bar opens its rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import check

LIST = "/action-required/order-cost-issues/?window=12m"


@pytest.mark.parametrize("mode", [{}, {"theme": "dark"}, {"mobile": True}], ids=["light", "dark", "mobile"])
def test_insights_unfold_and_stay_so(visit: Callable[..., Page], mode: dict[str, bool | str]) -> None:
    page = visit("operations", **mode)
    page.goto(LIST)
    panel = page.locator("#report-insights")
    expect(panel).not_to_have_attribute("open", "")
    expect(panel.locator(".chart")).to_have_count(0)
    panel.locator("summary").first.click()
    expect(panel.locator(".chart").first).to_be_visible()
    assert check(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(LIST)  # as it was left
    expect(panel.locator(".chart").first).to_be_visible()
    bar = panel.locator(".chart-table a").first
    shown = bar.locator("xpath=ancestor::tr").locator("td").first.inner_text()
    bar.click()
    expect(page.locator(".pager")).to_contain_text(f"of {shown}")
    expect(page.locator("#report-insights .chart").first).to_be_visible()


def test_the_data_of_a_chart_is_a_table_and_paper_shows_it(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto("/insights/order-cost-issues/?window=12m")
    chart = page.locator(".chart", has=page.locator(".chart-columns")).first
    expect(chart.locator("table")).to_be_hidden()
    chart.locator("summary").click()
    expect(chart.locator("table")).to_be_visible()
    chart.locator("summary").click()
    page.emulate_media(media="print")
    expect(chart.locator("table")).to_be_visible()


def test_figures_say_how_they_were_before(visit: Callable[..., Page]) -> None:
    page = visit("operations")
    page.goto(LIST)
    expect(page.locator(".kpi-compared").first).to_contain_text("days before")
    page.goto("/action-required/order-cost-issues/?window=30d")
    expect(page.locator(".kpi-compared").first).to_contain_text("30 days before")
