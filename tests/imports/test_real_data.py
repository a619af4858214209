"""Real trading data: everything is taken, and what is stored agrees with counts made by polars from the files.

The last month of trading; OPS_REAL_SET=online-retail-2010 takes the whole year (a minute).
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from django.db.models import Count, Sum

from inventory_ops.management.commands.load import find_files
from inventory_ops.models import InventoryEvent, Order, OrderItem, Product, StockBalance
from inventory_ops.operations import verify
from inventory_ops.operations.imports.files import load_files
from inventory_ops.operations.imports.planning import Options, plan

DATA = Path(os.environ.get("OPS_REAL_DATA", "../shared/data"))
SET = os.environ.get("OPS_REAL_SET", "online-retail-2010-last-31-days")

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_whole_set() -> None:
    folder = DATA / SET
    if not folder.is_dir():
        pytest.skip(f"no real data in {DATA}: set OPS_REAL_DATA")
    paths, problems = find_files([folder])
    assert problems == []
    files = [each.as_file() for each in plan([(path, path.name) for path in paths], options=Options()).files]
    assert len(files) == len(paths)
    outcomes = load_files(files, now=datetime(2026, 3, 15, tzinfo=UTC))
    assert [error for outcome in outcomes for error in outcome.errors] == []

    orders = pl.read_csv(folder / "orders.csv.gz", infer_schema=False)
    assert OrderItem.objects.count() == orders.height
    by_status = orders.group_by("status").agg(pl.len(), pl.col("order_number").n_unique())
    assert {str(s): (items, n) for s, items, n in _by_status()} == {s: (i, n) for s, i, n in by_status.iter_rows()}
    lines = zip(orders["quantity"], orders["unit_price"], strict=True)
    assert Order.objects.aggregate(total=Sum("total_amount"))["total"] == sum(int(q) * Decimal(p) for q, p in lines)
    shipped = orders["quantity_shipped"].cast(pl.Int64).sum()
    assert OrderItem.objects.aggregate(total=Sum("quantity_shipped"))["total"] == shipped
    assert Product.objects.count() == pl.read_csv(folder / "products.csv.gz", infer_schema=False).height

    stock = pl.read_csv(folder / "stock.csv.gz", infer_schema=False)
    expected = {sku: int(quantity) for sku, quantity in zip(stock["sku"], stock["quantity"], strict=True)}
    on_hand = dict(StockBalance.objects.values_list("product__sku").annotate(total=Sum("on_hand")))
    assert {sku: quantity for sku, quantity in on_hand.items() if quantity and sku in expected} == {
        sku: quantity for sku, quantity in expected.items() if quantity
    }
    left = orders.filter(pl.col("status") == "2").select(
        (pl.col("quantity").cast(pl.Int64) - pl.col("quantity_shipped").cast(pl.Int64)).sum()
    )
    assert StockBalance.objects.aggregate(total=Sum("allocated"))["total"] == left.item()

    typed = pl.read_csv(folder / "adjustments.csv.gz", infer_schema=False).fill_null("")
    words = Counter(typed.select("sku", pl.col("quantity_delta").cast(pl.Int64), "reason", "note").iter_rows())
    booked = InventoryEvent.objects.filter(kind="adjusted").values_list("product__sku", "quantity", "reason", "note")
    assert Counter(booked) == words
    assert {outcome.name: outcome.differences for outcome in verify.run() if outcome.differences} == {}

    events = InventoryEvent.objects.count()
    again = load_files(files, now=datetime(2026, 3, 16, tzinfo=UTC))
    assert [(outcome.counts.new, outcome.counts.changed, outcome.errors) for outcome in again] == [(0, 0, [])] * len(
        files
    )
    assert InventoryEvent.objects.count() == events


def _by_status() -> list[tuple[int, int, int]]:
    return list(OrderItem.objects.values_list("status").annotate(Count("id"), Count("order", distinct=True)))
