"""What changed since a person was at a report last, and figures against the period before."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.reports import comparison, figures, registry
from inventory_ops.models import Finding, Product, ReportDay, ReportFigure, ReportVisit, User
from inventory_ops.operations import scans, visits
from tests import make

pytestmark = pytest.mark.django_db
SLUG = "inventory-cost-issues"
HOUR = timedelta(hours=1)


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def dear(sku: str, **fields: Any) -> Product:
    product = make.product(sku, price=Decimal(10), cost=Decimal(12), **fields)
    make.stock(product, 10)
    return product


def test_a_visit_is_all_looks_without_a_long_break() -> None:
    user, other = make.user(), make.user()
    start = timezone.now()
    assert visits.look(user=user, report=SLUG, now=start) is None
    assert visits.look(user=user, report=SLUG, now=start + timedelta(minutes=20)) is None
    last = start + timedelta(minutes=45)  # 25 minutes after the one before: still the first visit
    assert visits.look(user=user, report=SLUG, now=last) is None
    # the next day: what two tabs are told is the same
    day = start + timedelta(days=1)
    assert visits.look(user=user, report=SLUG, now=day) == last
    assert visits.look(user=user, report=SLUG, now=day + timedelta(seconds=1)) == last
    # the clock of a tab that was slow takes nothing back
    assert visits.look(user=user, report=SLUG, now=day - timedelta(seconds=5)) == last
    assert ReportVisit.objects.get(user=user).latest_at == day + timedelta(seconds=1)
    assert visits.look(user=other, report=SLUG, now=day) is None
    assert visits.look(user=user, report="shipping-issues", now=day) is None


def counts(text: str) -> dict[str, str]:
    """Address by what it is said to lead to, as “2 new”."""
    return {
        " ".join(label.split()): url.replace("&amp;", "&")
        for url, label in re.findall(r'<a href="([^"]+)">([^<]+)</a>', text)
    }


@pytest.mark.parametrize("role", ["operations", "merchant"])
def test_what_changed_opens_the_list_of_it(role: str) -> None:
    mine, others = make.merchant(), make.merchant()
    for of in (mine, others):
        for n in range(3):
            dear(f"OLD-{n}-{of.pk}", of=of)
    again = dear(f"AGAIN-{mine.pk}", of=mine)
    scans.run("costs")
    Product.objects.filter(pk=again.pk).update(cost=Decimal(5))
    scans.run("costs")
    Finding.objects.update(first_seen_at=timezone.now() - 5 * HOUR, opened_at=timezone.now() - 5 * HOUR)
    Finding.objects.filter(state="resolved").update(resolved_at=timezone.now() - 4 * HOUR)
    user = make.user(role, of=mine if role == "merchant" else None)
    browser = signed_in(user)
    first = browser.post(f"/insights/{SLUG}/visit/")
    assert first.status_code == 200 and "last visit" not in first.text
    ReportVisit.objects.update(latest_at=timezone.now() - HOUR)
    # since then: two new ones, one opened again, one resolved; of the other vendor another new one
    Product.objects.filter(pk=again.pk).update(cost=Decimal(12))
    Product.objects.filter(sku=f"OLD-0-{mine.pk}").update(cost=Decimal(5))
    dear(f"NEW-1-{mine.pk}", of=mine), dear(f"NEW-2-{mine.pk}", of=mine), dear(f"NEW-3-{others.pk}", of=others)
    scans.run("costs")
    answer = browser.post(f"/insights/{SLUG}/visit/").text
    found = counts(answer)
    new = 2 if role == "merchant" else 3
    assert list(found) == [f"{new} new", "1 opened again", "1 resolved"], answer
    for said, url in found.items():
        page = browser.get(url).context["page"]
        assert not page.errors and page.figures.count == int(said.split()[0]), (said, url)
    # the second tab is told the same
    assert counts(browser.post(f"/insights/{SLUG}/visit/").text) == found


def test_nothing_changed() -> None:
    browser = signed_in(make.user())
    browser.post(f"/insights/{SLUG}/visit/")
    ReportVisit.objects.update(latest_at=timezone.now() - HOUR)
    assert "nothing changed" in browser.post(f"/insights/{SLUG}/visit/").text


@pytest.mark.parametrize("since", ["x", "2026-13-01", "99999-01-01T00:00:00Z", "2026-11-22T09:30:00Z' or 1=1"])
def test_a_moment_that_is_none(since: str) -> None:
    browser = signed_in(make.user())
    for url in (f"/action-required/{SLUG}/", "/action-required/findings/"):
        answer = browser.get(url, {"since": since, "finding": "new"})
        assert answer.status_code == 400 and "2026-11-22T09:30:00Z" in answer.text


def compared(slug: str, **params: str) -> dict[str, Any]:
    query = QueryDict(mutable=True)
    query.update(params)
    selection = registry.get(slug).select(query, viewer=make.user())
    return comparison.of(selection, query, figures.of(selection, exact=False))


def test_figures_against_the_window_before() -> None:
    product = make.product(price=Decimal(10), cost=Decimal(12))
    for days in (3, 5, 35, 36, 37, 70):
        make.item(product, in_=make.order(at=timezone.now() - timedelta(days=days)), unit_cost=Decimal(12))
    found = compared("order-cost-issues", window="30d")
    assert found["count"].text == "Down 33% on the 30 days before (3)"
    assert (found["count"].direction, found["count"].tone) == ("down", "good")
    assert found["loss"].text.startswith("Down 33% on the 30 days before (GBP")
    assert found["carts"].text == "As in the 30 days before (0)"
    assert compared("order-cost-issues", window="30d", status="1")["count"].text == "As in the 30 days before (0)"
    up = compared("order-cost-issues", window="50d")["count"]
    assert (up.direction, up.tone) == ("up", "bad")
    assert compared("order-cost-issues", window="") == {}  # all time: there is nothing before


def test_without_a_window_a_week_before_as_the_scans_kept_it() -> None:
    make.rates("GBP")
    dear("A")
    scans.run("costs")
    assert compared(SLUG) == {}
    day = timezone.now().date() - timedelta(days=7)
    ReportDay.objects.create(report=SLUG, merchant=None, day=day, open_count=4, value=Decimal(10))
    found = compared(SLUG)
    assert found["count"].text == "Down 75% on a week before (4)"
    assert found["risk"].text == "Up 100% on a week before (GBP\N{NO-BREAK SPACE}10)"
    assert set(found) == {"count", "risk"}
    assert compared(SLUG, flash_sale="no") == {}  # nobody kept what the filter would have found


def test_amounts_of_several_currencies_without_rates_are_not_compared() -> None:
    for currency, days in (("GBP", 3), ("JPY", 40)):
        product = make.product(of=make.merchant(currency=currency), price=Decimal(10), cost=Decimal(12))
        order = make.order(at=timezone.now() - timedelta(days=days), currency=currency)
        make.item(product, in_=order, unit_cost=Decimal(12))
    found = compared("order-cost-issues", window="30d")
    assert "count" in found and "loss" not in found
    make.rates("GBP", JPY="0.005")
    assert compared("order-cost-issues", window="30d")["loss"].direction == "up"


def test_the_figures_are_asked_for_by_the_page_and_answered_apart() -> None:
    browser = signed_in(make.user())
    page = browser.get("/action-required/order-cost-issues/?window=7d").text
    assert 'hx-get="/insights/order-cost-issues/compared/?window=7d"' in page
    assert "kpi-compared" not in page
    answer = browser.get("/insights/order-cost-issues/compared/?window=7d")
    assert answer.status_code == 200 and "As in the 7 days before (0)" in answer.text
    assert browser.get("/insights/order-cost-issues/compared/?window=x").status_code == 204


def test_every_figure_of_a_report_without_a_window_is_kept_by_its_scan() -> None:
    make.rates("GBP")
    mine, others = make.merchant(), make.merchant()
    dear("A", of=mine)
    dear("B", of=others)
    week = timedelta(days=7)
    scans.run("costs", as_of=timezone.now() - week)
    Product.objects.filter(sku="B").update(cost=Decimal(5))
    dear("C", of=mine), dear("D", of=mine)
    scans.run("costs")
    found = compared(SLUG)
    assert set(found) == {"count", "risk", "sale", "stock"}
    assert found["stock"].text == "Up 50% on a week before (2)"
    assert found["sale"].text == "As in a week before (0)"
    selection = registry.get(SLUG).select({}, viewer=make.user("merchant", of=mine))
    own = comparison.of(selection, QueryDict(), figures.of(selection, exact=False))
    assert own["stock"].text == "Up 200% on a week before (1)"
    # the same day again: a merchant without rows has none; what is old goes
    assert ReportFigure.objects.filter(day=timezone.now().date(), merchant=others).count() == 0
    scans.run("costs", as_of=timezone.now() + timedelta(days=40))
    assert set(ReportFigure.objects.values_list("day", flat=True)) == {(timezone.now() + timedelta(days=40)).date()}
