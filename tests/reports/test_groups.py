"""A list grouped by what its rows share: counts and money, each group opening exactly its rows."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from inventory_ops.kit.reports import groups, registry
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings
from inventory_ops.reports.base import ActionReport
from tests import make
from tests.notifications.support import SLUG, dear, scan

pytestmark = pytest.mark.django_db
LIST = f"/action-required/{SLUG}/"


@pytest.fixture
def user() -> User:
    """Three findings: two of a vendor in pounds, one given to somebody, one of another in euros and a category."""
    first, second = make.merchant("GV1"), make.merchant("GV2", currency="EUR")
    for sku, of in (("A", first), ("B", first), ("C", second)):
        product = dear(sku, of=of)
        if sku == "C":
            product.category = make.category("Lamps")
            product.save()
    scan()
    user = make.user("operations", email="own.er@example.com", name="Owner")
    make.user("operations", email="someown.er@example.com")
    findings.assign(finding=Finding.objects.get(label__startswith="A"), to=user, by=user)
    return user


def page(of: User, address: str) -> Any:
    browser = Client()
    browser.force_login(of)
    return browser.get(address)


def lines(of: User, group: str, query: str = "") -> list[tuple[str, str]]:
    answer = page(of, f"/insights/{SLUG}/groups/?group={group}&{query}")
    return [(line.label, line.count) for line in answer.context["lines"]]


def test_rows_are_counted_by_vendor_category_and_owner(user: User) -> None:
    assert [count for _name, count in lines(user, "vendor")] == ["2", "1"]
    assert set(lines(user, "category")) == {("Lamps", "1"), ("No category", "2")}
    assert lines(user, "owner") == [("Nobody", "2"), ("Owner", "1")]
    assert lines(user, "vendor", "q=C")[0][1] == "1"


def test_money_is_never_added_across_currencies_without_rates(user: User) -> None:
    answer = page(user, f"/insights/{SLUG}/groups/?group=vendor")
    total = answer.context["total"]
    assert total.text == "2 currencies" and {part[:3] for part in total.parts} == {"GBP", "EUR"}
    make.rates("GBP", EUR="0.5")
    converted = page(user, f"/insights/{SLUG}/groups/?group=vendor").context["total"]
    assert converted.text.startswith("GBP")


@pytest.mark.parametrize(
    "report", [each for each in registry if isinstance(each, ActionReport)], ids=lambda report: str(report.slug)
)
def test_each_group_opens_exactly_its_rows(user: User, report: Any) -> None:
    shop = make.store("9", name="Shop")
    for number in range(2):
        make.item(make.product(price=3), in_=make.order(status=1, store=shop if number else None), unit_cost=5)
    for grouping in report.groupings(user):
        answer = page(user, f"/insights/{report.slug}/groups/?group={grouping.param}&window=")
        for line in answer.context["lines"]:
            if line.url:
                shown = page(user, line.url).context["page"]
                assert not shown.errors, line.url
                assert shown.figures.count_text == line.count, f"{grouping.param}: {line.label} {line.url}"


def test_one_query_counts_them_and_the_list_has_none_for_it(user: User, django_assert_num_queries: Any) -> None:
    report = registry.get(SLUG)
    selection = report.select({}, viewer=user)
    by_vendor = next(each for each in report.groupings(user) if each.param == "vendor")
    with django_assert_num_queries(1):
        groups.of(selection, by_vendor)


def test_the_export_has_all_groups_in_exact_amounts(user: User) -> None:
    answer = page(user, f"/insights/{SLUG}/groups/?group=vendor&_export=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [(row["Key"], row["Rows"], row["Currency"]) for row in rows] == [("GV1", "2", "GBP"), ("GV2", "1", "EUR")]
    assert float(rows[0]["Value"]) == 40


def test_a_vendor_sees_its_own_groups_and_no_owners(user: User) -> None:
    seller = make.user("merchant", of=make.merchant("GV3"))
    assert lines(seller, "vendor") == []
    assert page(seller, f"/insights/{SLUG}/groups/?group=owner").status_code == 404


def test_the_list_leads_to_its_groups_with_its_filters(user: User) -> None:
    text = page(user, f"{LIST}?q=A").content.decode()
    assert f"/insights/{SLUG}/groups/?q=A&amp;group=vendor" in text
    bad = page(user, f"/insights/{SLUG}/groups/?group=vendor&loss=x")
    assert bad.status_code == 400
