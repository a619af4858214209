"""What asks for order items of a window reads the months of that window, and carts are read in their own partition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from inventory_ops.kit.reports import registry
from inventory_ops.models import OrderItem
from inventory_ops.operations import order_months
from inventory_ops.queries import checkouts, demand, finding_history, price_history, recovery, shipping, verdicts
from tests import make

pytestmark = pytest.mark.django_db
PREFIX = "inventory_ops_orderitem_"
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=45)
WINDOW = {"202601", "202602", "202603"}


@pytest.fixture(autouse=True)
def two_years() -> None:
    for n in range(24, 0, -1):
        month = 2026 * 12 + 3 - n
        order_months.MONTHS.make_month(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).date())


def tables(node: Any) -> Iterator[str]:
    """All tables that a plan looks into."""
    if isinstance(node, dict):
        if "Relation Name" in node:
            yield node["Relation Name"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from tables(child)


def months(plan: Any) -> set[str]:
    return {name.removeprefix(PREFIX) for name in tables(plan) if name.startswith(PREFIX)}


def of_rows(rows: QuerySet[Any, Any]) -> set[str]:
    return months(json.loads(rows.explain(format="json")))


def test_a_query_without_a_window_reads_all_of_them() -> None:
    """The control: without it the others could not fail."""
    assert len(of_rows(OrderItem.objects.filter(order=1))) > 24


def test_not_shipped() -> None:
    shared: Any = {"viewer": None, "as_of": NOW, "after": SINCE, "until": NOW}
    lines = shipping.unshipped_lines(**shared)
    assert of_rows(lines) == WINDOW
    assert of_rows(shipping.not_shipped_by_product(**shared)) == WINDOW
    assert of_rows(verdicts.with_verdict(lines)) == WINDOW


def test_products_without_orders() -> None:
    until = NOW - timedelta(days=1)  # one that ends before now looks at each product
    rows = demand.products_without_orders(viewer=None, as_of=NOW, after=SINCE, until=until, is_now=True)
    assert of_rows(rows) == WINDOW


def test_carts_are_read_by_themselves() -> None:
    rows = checkouts.abandoned_checkouts(viewer=None, as_of=NOW, after=SINCE, until=NOW)
    assert of_rows(rows) == {"cart"}
    vendor = make.merchant("V").vendor_number
    for wanted in ({"vendor": vendor}, {"vendor": "nobody"}, {"product": 5}):
        assert of_rows(recovery.holding(rows, viewer=None, **wanted)) == {"cart"}


def test_carts_are_found_by_what_their_card_said() -> None:
    """By the attempts that an index leads to: the last failure of each cart was read."""
    report = registry.get("abandoned-checkouts")
    for param, index in (("card_code", "payment_failed_by_code"), ("card_message", "payment_failed_by_message")):
        rows = report.select({param: "Declined"}, viewer=None, as_of=NOW).rows
        with connection.cursor() as cursor:
            cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
        assert index in rows.explain()


@pytest.mark.parametrize("page", ["prices", "finding"])
def test_pages_of_products_read_their_window(page: str) -> None:
    product = make.product()
    with CaptureQueriesContext(connection) as seen:
        if page == "prices":
            list(price_history._weeks(product, [], since=SINCE, now=NOW))
        else:
            finding_history.order_days([product.pk], since=SINCE)
    [statement] = [each["sql"] for each in seen if "orderitem" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {statement}")
        found = months(cursor.fetchone()[0])
    ahead = {name.removeprefix(PREFIX) for name in order_months.MONTHS.names()} - WINDOW
    to_come = {month for month in ahead if month > "202603"} | {"default"} if page == "finding" else set()
    assert WINDOW <= found <= WINDOW | to_come
