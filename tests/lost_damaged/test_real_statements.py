"""Statements of two months of real trading equal what polars computes from the file alone, for every seller."""

from __future__ import annotations

import io
import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from inventory_ops.models import Merchant, OrderItem
from lost_damaged.models import Statement, StatementLine
from lost_damaged.operations import books, statements
from lost_damaged.queries import verification

REAL = Path(os.environ.get("OPS_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
FOLDER = REAL / "online-retail-2010"
MONTHS = (datetime(2010, 10, 1), datetime(2010, 11, 1), datetime(2010, 12, 1))  # noqa: DTZ001  (of the merchant's clock)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real data is not at {REAL}: set OPS_REAL_DATA to its folder"),
]


def expected() -> dict[tuple[str, str], tuple[Decimal, Decimal, int]]:
    """(vendor, month) → item prices, commission and items of what was shipped in it, in the merchant's zone."""
    owner = pl.read_csv(FOLDER / "products.csv.gz", infer_schema=False).select("sku", "vendor_number")
    orders = pl.read_csv(FOLDER / "orders.csv.gz", infer_schema=False)

    def whole(name: str) -> pl.Expr:
        """Ten-thousandths, so that every step is in whole numbers."""
        return pl.col(name).cast(pl.Float64).mul(10_000).round().cast(pl.Int64).fill_null(0)

    lines = (
        orders.join(owner, on="sku")
        .with_columns(
            shipped=pl.col("quantity_shipped").cast(pl.Int64).fill_null(0),
            at=pl.coalesce("updated_at", "created_at").str.to_datetime(),
            price=whole("unit_price"),
            fee=whole("commission"),
        )
        .filter(pl.col("shipped") > 0, pl.col("at").is_between(*MONTHS[::2], closed="left"))
        .with_columns(
            cents=(pl.col("shipped") * pl.col("price") + 50) // 100,
            fee_cents=(pl.col("shipped") * pl.col("fee") + 50) // 100,
            month=pl.col("at").dt.strftime("%Y-%m"),
        )
    )
    found = lines.group_by("vendor_number", "month").agg(pl.col("cents").sum(), pl.col("fee_cents").sum(), pl.len())
    return {
        (row["vendor_number"], row["month"]): (
            Decimal(row["cents"]) / 100,
            -Decimal(row["fee_cents"]) / 100,
            row["len"],
        )
        for row in found.iter_rows(named=True)
    }


def known_lines() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where relname = 'lost_damaged_statementline'")
        return int(cursor.fetchone()[0])


def orders_since(day: str, path: Path) -> Path:
    """A file of the order lines that were last touched since a day: most of the others only take time to load."""
    touched = pl.coalesce("updated_at", "created_at")
    pl.read_csv(FOLDER / "orders.csv.gz", infer_schema=False).filter(touched >= day).write_csv(path)
    return path


def test_two_months_of_every_seller_equal_an_independent_calculation(tmp_path: Path) -> None:
    files = [path for path in FOLDER.iterdir() if not path.name.startswith("orders.")]
    orders = orders_since("2010-09-15", tmp_path / "orders.csv")
    call_command("load", *(str(path) for path in (*files, orders)), stdout=io.StringIO())
    sellers = list(Merchant.objects.values_list("pk", flat=True))
    assert books.begin(sellers=sellers, day=date(2010, 10, 1), by=None) == len(sellers)
    # the planner knows of the lines, though nothing is committed
    assert known_lines() == pytest.approx(StatementLine.objects.count(), rel=0.05)
    for last in (date(2010, 10, 31), date(2010, 11, 30)):
        opened = list(Statement.objects.filter(state="open").values_list("pk", flat=True))
        assert len(statements.close_many(ids=opened, by=None, cut_off=last)) == len(sellers)
    wanted = expected()
    assert wanted
    nothing = (Decimal(0), Decimal(0), 0)
    for seller in Merchant.objects.all():
        closed = Statement.objects.filter(merchant=seller, state="closed").order_by("starts_at")
        for month, statement in zip(("2010-10", "2010-11"), closed, strict=True):
            found = (statement.orders_amount, statement.fees_amount, statement.orders_count)
            assert found == wanted.get((seller.vendor_number, month), nothing), (seller.vendor_number, month)
    on_statements = StatementLine.objects.filter(order_item__isnull=False).values("order_item")
    others = OrderItem.objects.filter(quantity_shipped__gt=0).exclude(pk__in=on_statements)
    assert others.exists(), "items that were shipped before are on no statement"
    assert StatementLine.objects.filter(statement__state="open").exists(), "what was shipped after waits for the next"
    total = StatementLine.objects.filter(statement__state="closed").aggregate(total=Sum("amount"))["total"]
    assert total == sum((orders + fees for orders, fees, _items in wanted.values()), Decimal(0))
    assert verification.problems() == []
