"""The reports over real trading data agree with counts made from the files alone, by polars."""

from __future__ import annotations

import csv
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import call_command

from inventory_ops.kit.reports.scope import months_before

REAL = Path(os.environ.get("OPS_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FOLDER = REAL / "online-retail-2010-last-31-days"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real data is not at {REAL}: set OPS_REAL_DATA to its folder"),
]


def frame(name: str) -> pl.DataFrame:
    return pl.read_csv(FOLDER / f"{name}.csv.gz", infer_schema=False)


def report(slug: str, as_of: datetime, **filters: str) -> list[dict[str, str]]:
    out = io.StringIO()
    settings = [part for name, value in filters.items() for part in ("--set", f"{name}={value}")]
    call_command("report", slug, "--as-of", as_of.isoformat(), *settings, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_the_five_reports_agree_with_the_files() -> None:
    call_command("load", str(FOLDER), stdout=io.StringIO())
    orders = frame("orders").with_columns(
        at=pl.col("created_at").str.to_datetime(),
        active=pl.col("updated_at").str.to_datetime(),
        **{name: pl.col(name).cast(pl.Int64) for name in ("quantity", "status", "quantity_shipped")},
        **{name: pl.col(name).cast(pl.Decimal(20, 4)) for name in ("unit_price", "unit_cost")},
    )
    newest: Any = orders["at"].max()
    as_of = newest.replace(tzinfo=UTC) + timedelta(hours=2)
    naive = as_of.replace(tzinfo=None)
    year_ago, month_ago = months_before(naive, 12), naive - timedelta(days=30)
    products = frame("products").with_columns(
        **{name: pl.col(name).cast(pl.Decimal(20, 4)) for name in ("price", "special_price", "cost")}
    )

    # 1: no flash sales and no special prices in the set, so the price decides
    assert products["special_price"].drop_nulls().is_empty()
    wanted = set(products.filter(pl.col("cost") > pl.col("price"))["sku"])
    assert {row["Item SKU"] for row in report("inventory-cost-issues", as_of)} == wanted

    # 2: no cancellations and no ship-by in the set, so a short line counts when its order is closed
    short = orders.filter(
        (pl.col("status") == 3) & (pl.col("quantity_shipped") < pl.col("quantity")) & (pl.col("at") > year_ago)
    )
    times = short.group_by("sku").agg(pl.col("order_number").n_unique().alias("n")).filter(pl.col("n") >= 2)
    found = {row["Item SKU"]: int(row["Number of Times Item Not Shipped"]) for row in report("shipping-issues", as_of)}
    assert found == dict(times.iter_rows())
    every = short.group_by("sku").agg(pl.col("order_number").n_unique().alias("n"))
    assert len(report("shipping-issues", as_of, times="1")) == len(every)

    # 3
    below = orders.filter(
        (pl.col("unit_cost") > pl.col("unit_price")) & (pl.col("at") > month_ago) & (pl.col("at") <= naive)
    )
    rows = report("order-cost-issues", as_of)
    assert sorted((row["Order Number"], row["Item SKU"]) for row in rows) == sorted(
        below.select("order_number", "sku").iter_rows()
    )
    closed = below.filter(pl.col("status") == 3)
    assert len(report("order-cost-issues", as_of, status="3")) == len(closed)

    # 4
    ordered = set(orders.filter((pl.col("status") != 1) & (pl.col("at") > month_ago) & (pl.col("at") <= naive))["sku"])
    created = products.with_columns(at=pl.col("created_at").str.to_datetime())
    before = set(orders.filter((pl.col("status") != 1) & (pl.col("at") <= month_ago))["sku"])
    silent = {
        sku
        for sku, at in created.select("sku", "at").iter_rows()
        if sku not in ordered and at <= naive and (at <= month_ago or sku in before)
    }
    found_skus = {row["SKU Number"] for row in report("products-without-orders", as_of)}
    assert found_skus == silent
    on_hand = {sku: int(units) for sku, units in frame("stock").select("sku", "quantity").iter_rows()}
    open_units: dict[str, int] = {}
    for sku, quantity, shipped in (
        orders.filter(pl.col("status") == 2).select("sku", "quantity", "quantity_shipped").iter_rows()
    ):
        open_units[sku] = open_units.get(sku, 0) + quantity - shipped
    for row in report("products-without-orders", as_of):
        sku = row["SKU Number"]
        if sku in on_hand:  # of others the file says nothing, and what was adjusted stands
            assert int(row["Quantity Available"]) == on_hand[sku] - open_units.get(sku, 0), sku

    # 5
    carts = (
        orders.filter(pl.col("status") == 1)
        .group_by("order_number")
        .agg(pl.col("active").max(), (pl.col("quantity") * pl.col("unit_price")).sum().alias("total"))
    )
    left = carts.filter((pl.col("active") < naive - timedelta(minutes=60)) & (pl.col("active") > year_ago))
    rows = report("abandoned-checkouts", as_of)
    assert {row["Order Number"] for row in rows} == set(left["order_number"])
    assert {row["Order Number"]: f"{float(row['Order Total']):.2f}" for row in rows} == {
        number: f"{float(total):.2f}" for number, _active, total in left.iter_rows()
    }
