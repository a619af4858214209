"""The migration to months on a table with rows: broken off, gone on with beside writers, and taken back again."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from inventory_ops.kit.db.rebuilding import CannotRebuild, Rebuild
from inventory_ops.kit.db.sql_files import path_of
from inventory_ops.models import OrderItem, Product
from inventory_ops.operations import order_months, verify
from tests import make

migration = importlib.import_module("inventory_ops.migrations.0034_months_of_order_items")
pytestmark = pytest.mark.django_db(transaction=True)
TO_MONTHS = Rebuild(migration.TABLE, migration.make_months, migration.IDENTITY, batch=7)


def rows() -> list[Any]:
    return list(OrderItem.objects.order_by("pk").values())


@pytest.fixture
def product() -> Iterator[Product]:
    """Forty items and a cart in a plain table, as it was before; the months are back afterwards."""
    product = make.product()
    for n in range(40):
        make.item(product, in_=make.order(at=datetime(2025 - n % 3, 1 + n % 12, 3, tzinfo=UTC)), unit_cost=5 + n % 9)
    make.item(product, in_=make.order(status=1))
    before = rows()
    migration.backwards(None, None)
    assert not migration.is_partitioned() and rows() == before
    yield product
    migration.forwards(None, None)
    with connection.cursor() as cursor:
        for name in ("issue_notes", "order_keys"):
            cursor.execute(path_of("inventory_ops", name).read_text())


class Broken(Exception):
    """As if somebody had pressed Ctrl+C."""


@contextmanager
def broken_after(batches: int) -> Iterator[None]:
    seen = []

    def wrap(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("insert into inventory_ops_orderitem_next"):
            seen.append(sql)
            if len(seen) > batches:
                raise Broken
        return execute(sql, *rest)

    with connection.execute_wrapper(wrap), pytest.raises(Broken):
        yield


def lies_in(item: OrderItem) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select tableoid::regclass::text from inventory_ops_orderitem where id = %s", [item.pk])
        return str(cursor.fetchone()[0])


def test_broken_off_and_gone_on_with(product: Product) -> None:
    with broken_after(2):
        TO_MONTHS.run()
    assert not migration.is_partitioned() and OrderItem.objects.count() == 41
    # meanwhile the product works: items that were copied and that were not change, move, come and go
    first, *_, last = OrderItem.objects.filter(status=3).order_by("pk")
    for item in (first, last):
        item.ordered_at = datetime(2019, 5, 1, tzinfo=UTC)
        item.save()
    second, before_last = list(OrderItem.objects.order_by("pk"))[1], list(OrderItem.objects.order_by("pk"))[-3]
    second.delete()
    before_last.delete()
    new = make.item(product, in_=make.order(at=datetime(2025, 1, 4, tzinfo=UTC)))  # a month that there is
    expected = rows()
    assert TO_MONTHS.run() == 41 - 14 - 2  # not those of the first two batches, nor what was mirrored since
    assert migration.is_partitioned() and rows() == expected
    assert lies_in(first) == "inventory_ops_orderitem_default"  # nobody knew that month when they were made
    assert order_months.settle(today=timezone.now().date()) == [date(2019, 5, 1)]
    assert lies_in(first) == "inventory_ops_orderitem_201905"
    assert lies_in(OrderItem.objects.get(status=1)) == "inventory_ops_orderitem_cart"
    assert make.item(product).pk > new.pk
    assert not verify.order_item_keys()
    migration.forwards(None, None)  # nothing to do any more
    assert rows()[:-1] == expected


def test_writers_beside_it_lose_nothing(product: Product) -> None:
    done = threading.Event()
    failed: list[Exception] = []
    made = []

    def work() -> None:
        try:
            while not done.is_set():
                made.append(make.item(product, unit_cost=11).pk)
                OrderItem.objects.filter(pk=made[-1]).update(quantity=3)
                if len(made) % 3 == 0:
                    OrderItem.objects.get(pk=made.pop()).delete()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    writer = threading.Thread(target=work)
    writer.start()
    try:
        replace(TO_MONTHS, batch=3).run()
    finally:
        done.set()
        writer.join()
    assert not failed and migration.is_partitioned()
    assert set(OrderItem.objects.filter(quantity=3).values_list("pk", flat=True)) == set(made)
    assert OrderItem.objects.count() == 41 + len(made) and not verify.order_item_keys()


def test_a_difference_stops_it(product: Product) -> None:
    with broken_after(2):
        TO_MONTHS.run()
    with connection.cursor() as cursor:
        cursor.execute("update inventory_ops_orderitem_next set quantity = 9")
    with pytest.raises(CannotRebuild, match="differs"):
        TO_MONTHS.run()
    assert not migration.is_partitioned() and not OrderItem.objects.filter(quantity=9).exists()
    with connection.cursor() as cursor:
        cursor.execute("drop table inventory_ops_orderitem_next")
        cursor.execute("drop function inventory_ops_orderitem_next_mirror cascade")
