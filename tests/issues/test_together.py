"""Writers at once and a refresh in between: nothing that anybody changed is lost, whoever fails."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import InventoryCostIssue, IssueChange, OrderItem, Product, ProductStock
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import issues, ledger
from inventory_ops.operations.ledger import Movement
from tests import make
from tests.issues.support import assert_right

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """A thread with a connection of its own, closed at the end."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool
        finally:
            pool.submit(connections.close_all).result()


def test_what_a_transaction_changes_during_a_refresh_waits_for_the_next_one() -> None:
    product = make.product(cost=Decimal(12))
    issues.refresh(as_of=timezone.now())
    with elsewhere() as pool:
        with transaction.atomic():
            Product.objects.filter(pk=product.pk).update(cost=Decimal(15))
            pool.submit(issues.refresh, as_of=timezone.now()).result(timeout=60)
        assert InventoryCostIssue.objects.get().cost == 12
        assert IssueChange.objects.exists()
    assert_right(timezone.now())
    assert InventoryCostIssue.objects.get().cost == 15


def test_a_refresh_that_fails_half_way_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    product = make.product(cost=Decimal(12))
    issues.refresh(as_of=timezone.now())
    Product.objects.filter(pk=product.pk).update(cost=Decimal(15))
    with monkeypatch.context() as patch:
        patch.setattr(issues, "_merge", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            issues.refresh(as_of=timezone.now())
    assert IssueChange.objects.count() == 1
    assert_right(timezone.now())
    assert InventoryCostIssue.objects.get().cost == 15


def test_a_refresh_whose_server_process_is_killed_loses_nothing() -> None:
    product = make.product(cost=Decimal(12))
    issues.refresh(as_of=timezone.now())
    Product.objects.filter(pk=product.pk).update(cost=Decimal(15))
    ready, go = threading.Event(), threading.Event()

    def refresh_and_die() -> None:
        try:
            with transaction.atomic():
                issues.refresh(as_of=timezone.now())
                with connection.cursor() as cursor:
                    cursor.execute("select pg_backend_pid()")
                    pids.append(cursor.fetchone()[0])
                ready.set()
                go.wait(60)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    pids: list[int] = []
    failures: list[Exception] = []
    worker = threading.Thread(target=refresh_and_die)
    worker.start()
    assert ready.wait(60)
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", pids)
    go.set()
    worker.join(60)
    assert failures
    assert IssueChange.objects.count() == 1
    assert_right(timezone.now())


def test_a_page_does_not_wait_long_for_a_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot refresh reads the live query: right, only slower."""
    product = make.product("A", cost=Decimal(12))
    issues.refresh(as_of=timezone.now())
    Product.objects.filter(pk=product.pk).update(cost=Decimal(15))
    monkeypatch.setattr(issues, "PATIENCE", timedelta(milliseconds=50))
    report = registry.get("inventory-cost-issues")
    with elsewhere() as pool, transaction.atomic():
        issues.refresh(as_of=timezone.now())  # holds the lock until the end of the block
        selection = pool.submit(report.select, {}, viewer=None).result(timeout=60)
        rows = pool.submit(lambda: list(selection.rows.values_list("cost", flat=True))).result(timeout=60)
    assert selection.scope.kept is None
    assert rows == [15]


def test_stock_that_moves_while_a_price_falls_is_noticed() -> None:
    """The writer of stock cannot see the price yet: the mark on the product's stock makes one of the two wait."""
    product = make.product(cost=Decimal(5))
    make.stock(product, 1)
    issues.refresh(as_of=timezone.now())
    with elsewhere() as pool:
        with transaction.atomic():
            ProductStock.objects.filter(product=product).update(on_hand=9)
            lowering = pool.submit(Product.objects.filter(pk=product.pk).update, price=Decimal(3))
            with pytest.raises(TimeoutError):
                lowering.result(timeout=0.5)
        lowering.result(timeout=60)
        assert_right(timezone.now())
        assert InventoryCostIssue.objects.get().on_hand == 9
        with transaction.atomic():
            Product.objects.filter(pk=product.pk).update(price=Decimal(4))
            ProductStock.objects.filter(product=product).update(on_hand=11)
    assert_right(timezone.now())
    assert InventoryCostIssue.objects.get().on_hand == 11


def test_writers_and_refreshes_at_once_end_right() -> None:
    own = make.merchant()
    products = [make.product(of=own, cost=Decimal(9)) for _ in range(4)]
    orders = [make.order(at=timezone.now() - timedelta(days=n)) for n in range(6)]
    now = timezone.now()

    def work(n: int) -> None:
        dice = random.Random(n)
        try:
            for _ in range(6):
                product = products[dice.randrange(4)]
                # a transaction each, as in the product: prices, orders and stock are locked in no common order
                Product.objects.filter(pk=product.pk).update(price=Decimal(dice.randint(5, 14)))
                with transaction.atomic():
                    make.item(
                        product,
                        in_=orders[n % 6],
                        quantity=3,
                        shipped=dice.randint(0, 3),
                        unit_cost=Decimal(dice.randint(8, 12)),
                    )
                movement = Movement(products[dice.randrange(4)].pk, EventKind.RECEIVED, n + 1)
                ledger.book([movement], source=EventSource.CSV, actor="")
                issues.refresh(as_of=now)
                OrderItem.objects.filter(product=product, quantity_shipped=0).update(
                    cancelled_quantity=dice.randint(1, 3), cancelled_by="seller"
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert_right(now)
