"""Closing reads the lines that it moves, at most each line once more, whatever the planner believes of the tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection

from inventory_ops.models import Merchant
from inventory_ops.operations.imports import files
from lost_damaged.models import Statement, StatementLine
from lost_damaged.operations import statements
from tests import make
from tests.imports.support import write

pytestmark = pytest.mark.django_db

SELLERS, LINES, LATE = 60, 12_000, 3_000
TABLES = ("lost_damaged_statement", "lost_damaged_statementline", "lost_damaged_statementtotal")
STATISTICS = {
    "true": "analyze {table}",
    # what a vacuum notes of a table of which a load was rolled back: many pages, and no row on them
    "of an empty table": """select pg_restore_relation_stats('schemaname', 'public', 'relname', '{table}',
        'relpages', 1000, 'reltuples', 0::real)""",
    "none": "select pg_clear_relation_stats('public', '{table}')",
}
FILL = """
insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, order_item_id, sequence, quantity,
    unit_amount, amount, occurred_at, recorded_at)
select s.id, s.merchant_id, s.currency, 'order', 1000000 + n, 1, 1, 1, 1,
       timestamptz '2026-05-01' + case when n <= %s then interval '40 days' else n %% 30 * interval '1 day' end, now()
from generate_series(1, %s) n
join (select *, row_number() over (order by id) as place from lost_damaged_statement) s on s.place = 1 + n %% %s
"""
READ = """
select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint from pg_stat_xact_user_tables
where relname = any(%s)
"""


ORDERS = "order_number,item_id,status,created_at,sku,quantity,unit_price,commission,quantity_shipped,shipped_at"


def read() -> int:
    """Rows of statements and lines that this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(TABLES)])
        return int(cursor.fetchone()[0])


@pytest.fixture
def opened() -> list[int]:
    """Open statements with lines of which one in four occurred after May."""
    starts = datetime(2026, 5, 1, tzinfo=UTC)
    sellers = Merchant.objects.bulk_create(
        [Merchant(vendor_number=f"V{n}", name=f"Seller {n}", currency="GBP") for n in range(SELLERS)]
    )
    made = Statement.objects.bulk_create(
        [Statement(number=f"T-{each.pk}", merchant=each, currency="GBP", starts_at=starts) for each in sellers]
    )
    with connection.cursor() as cursor:
        cursor.execute(FILL, [LATE, LINES, SELLERS])
    return [each.pk for each in made]


@pytest.mark.parametrize("statistics", STATISTICS)
def test_closing_reads_the_lines_that_it_moves(opened: list[int], statistics: str) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(STATISTICS[statistics].format(table=table))
    before = read()
    closed = statements.close_many(ids=opened, by=None, cut_off=date(2026, 5, 31))
    moved = 2 * LATE + 50 * SELLERS
    assert read() - before < (moved + LINES if statistics == "of an empty table" else moved)
    assert len(closed) == SELLERS
    assert StatementLine.objects.filter(statement__state="open").count() == LATE


def test_a_large_load_of_orders_gives_the_planner_statistics_of_the_lines_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make.product()
    Statement.objects.create(
        number="ST-1", merchant=product.merchant, currency="GBP", starts_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    monkeypatch.setattr(files, "BIG", 50)
    with connection.cursor() as cursor:  # what another test's rows left behind: statistics are not rolled back
        cursor.execute(STATISTICS["none"].format(table="lost_damaged_statementline"))
    row = f"2,2026-11-03T12:00:00,{product.sku},1,10,1.50,1,2026-11-03T12:00:00"
    file = write(tmp_path, "orders", "\n".join([ORDERS, *(f"A-{n},{n},{row}" for n in range(1, 61))]))
    [outcome] = files.load_files([file])
    assert outcome.counts.new == 60
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where relname = 'lost_damaged_statementline'")
        assert cursor.fetchone()[0] == StatementLine.objects.count() == 120
