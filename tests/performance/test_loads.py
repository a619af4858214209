"""What the speed of loads rests on: how often something is looked up, and which plans PostgreSQL may make."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory_ops.imports.stock import SPEC
from inventory_ops.kit.db.size import outgrown
from inventory_ops.kit.imports import Rows
from inventory_ops.models import StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.imports.files import load_rows
from inventory_ops.operations.ledger import Movement
from tests import make

pytestmark = pytest.mark.django_db


def test_a_stock_file_looks_up_its_balances_once() -> None:
    lamp, desk = make.product("LAMP"), make.product("DESK")
    ledger.book([Movement(lamp.pk, EventKind.RECEIVED, 3)], source=EventSource.CSV)
    rows = Rows(["sku", "quantity"], [["LAMP", "5"], ["DESK", "7"]])
    with CaptureQueriesContext(connection) as queries:
        counts = load_rows(SPEC, rows, now=timezone.now())
    assert (counts.new, counts.changed, counts.unchanged) == (1, 1, 0)
    assert dict(StockBalance.objects.values_list("product_id", "on_hand")) == {lamp.pk: 5, desk.pk: 7}
    assert sum("temp table ledger_place" in query["sql"] for query in queries) == 1


def test_the_seal_is_no_statement_of_its_own() -> None:
    """A function that the trigger takes in is never called, as far as PostgreSQL counts."""
    lamp = make.product("LAMP")
    with connection.cursor() as cursor:
        cursor.execute("set local track_functions = 'all'")
        ledger.book([Movement(lamp.pk, EventKind.RECEIVED, 3)], source=EventSource.CSV)
        cursor.execute(
            "select pg_stat_get_xact_function_calls('inventory_ops_seal_event()'::regprocedure),"
            " pg_stat_get_xact_function_calls("
            "'inventory_ops_event_digest(inventory_ops_inventoryevent)'::regprocedure)"
        )
        assert cursor.fetchone() == (1, None)


def test_statistics_are_wanted_of_what_became_larger_than_the_planner_knows() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "create table plain (n integer); insert into plain select generate_series(1, 100); analyze plain"
        )
    assert outgrown(["plain"], 50, share=0.5) == []
    assert outgrown(["plain"], 51, share=0.5) == ["plain"]


def test_statistics_of_all_partitions_grow_old_with_many_small_loads() -> None:
    """Autovacuum sees to the partitions, and never to the table that they are parts of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create table whole (n integer) partition by range (n);"
            " create table part partition of whole for values from (1) to (1000);"
            " insert into whole select generate_series(1, 100); analyze whole"
        )
        assert outgrown(["whole", "part"], 20, share=0.5) == []
        cursor.execute("insert into whole select generate_series(101, 140); analyze part")
    assert outgrown(["whole", "part"], 20, share=0.5) == ["whole"]
