"""The first page of every list finds its rows by indexes: no large table is read from end to end, none is sorted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.utils.module_loading import autodiscover_modules

from inventory_ops.bench import database
from inventory_ops.bench.scale import SCALES
from inventory_ops.kit.reports import registry
from inventory_ops.kit.reports.page import shown_columns

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
)
# by default, and by each kind of column that an index has to serve
PAGES = [
    ("inventory-cost-issues", ""),
    ("shipping-issues", ""),
    ("order-cost-issues", ""),
    ("products-without-orders", ""),
    ("products-without-orders", "-available"),
    ("products-without-orders", "brand"),
    ("products-without-orders", "-created_at"),
    ("products-without-orders", "last_ordered_at"),
    ("products-without-orders", "sku"),
    ("abandoned-checkouts", ""),
    ("abandoned-checkouts", "total"),
    ("events-ledger", ""),
    ("events-ledger", "-occurred_at"),
    ("stock-inquiry", ""),
    ("stock-inquiry", "-on_hand"),
    ("stock-inquiry", "expiry"),
    ("trackers", ""),
    ("trackers", "-mechanism"),
    ("trackers", "state"),
]


def _scans(node: dict[str, Any]) -> Iterator[str]:
    """Tables that a plan reads from end to end."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from _scans(child)


# what they sort by is computed: of few candidates, which an index gives
COMPUTED = ("inventory-cost-issues", "shipping-issues")
UNINDEXED = ("products-without-orders", "name")  # the control: this one has to be sorted


def _sorts(node: dict[str, Any]) -> bool:
    """Does a plan sort all its rows? (An incremental sort sorts those of equal leading values.)"""
    if node.get("Parent Relationship") in {"SubPlan", "InitPlan"}:
        return False
    return node["Node Type"] == "Sort" or any(_sorts(child) for child in node.get("Plans", []))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_first_page_reads_or_sorts_a_large_table_whole() -> None:
    autodiscover_modules("bench")  # trackers' part of the data
    scanned, sorted_ = {}, set()
    # a name of its own: the suite's test, on another worker, drops the database of its scale
    scale = replace(SCALES["XS"], name="PLANS")
    with database.entered(scale, fresh=True, keep=False), connection.cursor() as cursor:
        # such small tables are rightly read and sorted whole: take that away, and see whether another way is left
        cursor.execute("set enable_seqscan = off")
        cursor.execute("set enable_sort = off")
        for slug, sort in [*PAGES, UNINDEXED]:
            report = registry.get(slug)
            selection = report.select({}, viewer=None)
            rows = report.page_values(selection.rows, shown_columns(report, None), viewer=None)
            explained = rows.order_by(*report.ordering(sort or report.default_sort))[:51].explain(format="json")
            plan = json.loads(explained)[0]["Plan"]
            if tables := {table for table in _scans(plan) if table.startswith(LARGE)}:
                scanned[slug, sort] = tables
            if _sorts(plan) and slug not in COMPUTED:
                sorted_.add((slug, sort))
    assert not scanned
    assert sorted_ == {UNINDEXED}
