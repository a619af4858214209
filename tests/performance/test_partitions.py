"""Month partitions of the ledger are made ahead and dropped when they stayed empty; a month with events stays."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection, connections

from inventory_ops import tasks
from inventory_ops.models import InventoryEvent
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, ledger_partitions
from inventory_ops.operations.ledger import Movement
from tests import make


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = 'inventory_ops_inventoryevent'::regclass"
        )
        return {row[0].rpartition("_")[2] for row in cursor.fetchall()}


def make_month(month: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select inventory_ops_make_ledger_partition(%s)", [month])


@pytest.mark.django_db
def test_the_nightly_task_makes_and_drops() -> None:
    make_month(date(2020, 1, 1))
    make_month(date(2020, 2, 1))
    product = make.product()
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 5)], source=EventSource.CSV, actor="")
    with connection.cursor() as cursor:  # as if it had been booked then
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("update inventory_ops_inventoryevent set recorded_at = %s", [datetime(2020, 2, 3, tzinfo=UTC)])
    tasks.daily()
    kept = partitions()
    assert "202001" not in kept and {"202002", "default", f"{datetime.now(UTC):%Y%m}"} <= kept
    assert InventoryEvent.objects.count() == 1
    assert ledger_partitions.drop_empty(today=date(2026, 3, 1)) == []


@pytest.mark.django_db
def test_months_to_come_and_this_month_stay() -> None:
    before = partitions()
    assert ledger_partitions.make_ahead(today=datetime.now(UTC).date()) == 0
    assert ledger_partitions.drop_empty(today=datetime.now(UTC).date()) == []
    assert ledger_partitions.make_ahead(today=date(2031, 1, 15)) == 7
    assert {"203101", "203107"} <= partitions() - before


@pytest.mark.django_db(transaction=True)
def test_a_month_in_use_is_left_for_the_next_night() -> None:
    make_month(date(2020, 1, 1))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        from django.db import transaction

        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("select count(*) from inventory_ops_inventoryevent")
                held.set()
                done.wait(60)
        finally:
            connections.close_all()

    reader = threading.Thread(target=hold)
    reader.start()
    try:
        assert held.wait(60)
        assert ledger_partitions.drop_empty(today=date(2026, 3, 1)) == []
        assert "202001" in partitions()
    finally:
        done.set()
        reader.join()
    assert ledger_partitions.drop_empty(today=date(2020, 3, 1)) == ["inventory_ops_inventoryevent_202001"]
