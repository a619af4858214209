"""The first page of every list finds its rows by indexes: no large table is read from end to end, none is sorted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.kit.reports.request import shown_columns
from inventory_ops.operations import findings
from inventory_ops.reports import base
from tests.bench import database
from tests.bench.lists import FirstPages
from tests.bench.scale import SCALES
from trackers.operations import health

LARGE = (
    "inventory_ops_product",
    "inventory_ops_productstock",
    "inventory_ops_productdemand",
    "inventory_ops_stocktotal",
    "inventory_ops_stockbalance",
    "inventory_ops_order",
    "inventory_ops_orderitem",
    "inventory_ops_inventoryevent",
    "trackers_tracker",
    "inventory_ops_inventorycostissue",
    "inventory_ops_shippingissue",
    "inventory_ops_ordercostissue",
)
UNINDEXED = ("products-without-orders", "name")  # the control: a column that has to be sorted

TODAY = str(timezone.now().date())
# filters that a list finds little or nothing for: it must not look at all rows to say so
FILTERS: list[tuple[str, dict[str, str]]] = [
    ("inventory-cost-issues", {"margin": "2"}),
    ("inventory-cost-issues", {"margin": "-60"}),
    ("inventory-cost-issues", {"show": "missing_cost"}),
    ("shipping-issues", {"window": "24m"}),
    ("shipping-issues", {"window": "30d", "times": "3"}),
    ("shipping-issues", {"window": "45d"}),
    ("shipping-issues", {"date_from": TODAY}),
    ("shipping-issues", {"date_to": TODAY}),
    ("shipping-issues", {"window": "45d", "q": "kettle"}),
    ("order-cost-issues", {"q": "zebra", "window": "24m"}),
    ("events-ledger", {"kind": "returned"}),
    ("events-ledger", {"source": "api"}),
    ("events-ledger", {"reason": "channel"}),
    ("events-ledger", {"actor": "nobody"}),
    ("events-ledger", {"reference": "none"}),
    ("events-ledger", {"type": "damaged"}),
    ("events-ledger", {"vendor": "nobody"}),
    ("events-ledger", {"q": "zebra"}),
    ("stock-inquiry", {"oversold": "yes"}),
    ("stock-inquiry", {"q": "zebra"}),
    ("abandoned-checkouts", {"q": "zebra"}),
    ("abandoned-checkouts", {"q": "zz"}),
    ("abandoned-checkouts", {"store": "nowhere"}),
    ("abandoned-checkouts", {"promo": "nothing"}),
    ("abandoned-checkouts", {"reachable": "no"}),
    ("products-without-orders", {"q": "zebra"}),
    ("products-without-orders", {"q": "zz"}),
    ("products-without-orders", {"brand": "zebra"}),
    ("products-without-orders", {"stock": "no"}),
    ("products-without-orders", {"category": "1"}),
    ("products-without-orders", {"live": "no"}),
    ("products-without-orders", {"finding": "open"}),  # most of the list
    ("products-without-orders", {"finding": "new"}),
    ("products-without-orders", {"finding": "snoozed"}),
    ("products-without-orders", {"owner": "nobody"}),
    ("abandoned-checkouts", {"finding": "open"}),
    ("trackers", {"q": "zebra"}),
    ("trackers", {"vendor": "nobody"}),
    ("trackers", {"state": "healthy"}),
    ("trackers", {"health_from": "100000"}),
    ("trackers", {"below": "target", "mechanism": "stalled_days"}),
    ("trackers", {"enabled": "no"}),
]
MOST_LOOKED_AT = 8 * 51  # rows of one table for a page of 50; the tables here have up to 4,000


def _scans(node: dict[str, Any]) -> Iterator[str]:
    """Tables that a plan reads from end to end."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from _scans(child)


def _sorts(node: dict[str, Any]) -> bool:
    """Does a plan sort all its rows? (An incremental sort sorts those of equal leading values.)"""
    if node.get("Parent Relationship") in {"SubPlan", "InitPlan"}:
        return False
    return node["Node Type"] == "Sort" or any(_sorts(child) for child in node.get("Plans", []))


def _reads(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Tables with the kind of node that reads them."""
    if "Relation Name" in node:
        yield node["Relation Name"], node["Node Type"]
    for child in node.get("Plans", []):
        yield from _reads(child)


def _looked_at(node: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Tables with the rows that a plan read of them, those that it threw away included."""
    if "Relation Name" in node:
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        yield node["Relation Name"], (node["Actual Rows"] + removed) * node["Actual Loops"]
    for child in node.get("Plans", []):
        yield from _looked_at(child)


def _plan(slug: str, sort: str = "", params: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
    report = registry.get(slug)
    selection = report.select(params or {}, viewer=None)
    rows = report.page_values(selection.rows, shown_columns(report, None), viewer=None)
    order = ("name",) if (slug, sort) == UNINDEXED else report.ordering(sort or report.default_sort, rows)
    plan: dict[str, Any] = json.loads(rows.order_by(*order)[:51].explain(format="json", **options))[0]["Plan"]
    return plan


def _pages() -> Iterator[tuple[str, str]]:
    for slug in FirstPages.slugs:
        for column in registry.get(slug).columns:
            if column.sortable and not column.late:
                yield from ((slug, column.key), (slug, f"-{column.key}"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_first_page_reads_or_sorts_a_large_table_whole(
    monkeypatch: pytest.MonkeyPatch, benchmarks_copy: None
) -> None:
    scanned, sorted_, looked_at = {}, set(), {}
    # a name of its own: the suite's test, on another worker, drops the database of its scale
    scale = replace(SCALES["XS"], name="PLANS")
    with database.entered(scale, fresh=True, keep=False), connection.cursor() as cursor:
        # such small tables are rightly read and sorted whole: take that away, and see whether another way is left
        cursor.execute("set enable_seqscan = off")
        cursor.execute("set enable_sort = off")
        for slug, sort in [*_pages(), UNINDEXED]:
            plan = _plan(slug, sort)
            if tables := {table for table in _scans(plan) if table.startswith(LARGE)}:
                scanned[slug, sort] = tables
            if _sorts(plan):
                sorted_.add((slug, sort))
        monkeypatch.setattr(base, "FEW", 10)  # findings here are as few as rows
        for slug in ("products-without-orders", "abandoned-checkouts"):
            findings.scan_report(registry.get(slug), as_of=timezone.now())
        cursor.execute("analyze inventory_ops_finding")
        by_finding = _plan("products-without-orders", params={"finding": "open"})
        by_actor = _plan("events-ledger", params={"actor": "clerk1"})
        cursor.execute("reset enable_sort")
        # five hundred rows in three blocks of an index are rightly joined whole: see what is read where that is dear
        cursor.execute("set enable_hashjoin = off")
        cursor.execute("set enable_mergejoin = off")
        for slug, params in FILTERS:
            found: Counter[str] = Counter()
            for table, rows in _looked_at(_plan(slug, params=params, analyze=True)):
                found[table if not table.startswith("inventory_ops_inventoryevent") else "events"] += int(rows)
            if many := {table: rows for table, rows in found.items() if rows > MOST_LOOKED_AT}:
                looked_at[slug, str(params)] = many
        cursor.execute(
            f"explain (format json) {health.statement('t.id between 1 and 50')}",
            {"as_of": timezone.now(), "day": timezone.now().date()},
        )
        [[[explained]]] = cursor.fetchall()
        evaluation = explained["Plan"]["Plans"][0]  # the rows that changed; what is done with them comes after
        read = dict(_reads(evaluation))
    assert not scanned
    assert sorted_ == {UNINDEXED}
    # trackers are evaluated by covering indexes alone, and no wide row of a product is read for them
    assert read["inventory_ops_stockbalance"] == read["trackers_productday"] == "Index Only Scan"
    assert "inventory_ops_product" not in read
    # most rows have a finding: each asks for its own, in the order of the list
    assert not _sorts(by_finding)
    assert "row_id = inventory_ops_product.id" in json.dumps(by_finding)
    # events of one name are in an index in the order of the list
    assert not _sorts(by_actor)
    assert "actor_recorded_at_id" in json.dumps(by_actor)
    assert not looked_at
