"""Writers of orders and of stock at once: what they tell the trackers never makes one wait for the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from inventory_ops.models import InventoryType, Product
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from tests import make
from trackers.models import DirtyPair, Tracker
from trackers.operations import health

WAIT = 60  # seconds; a deadlock is found after one


def both(*jobs: Callable[[], None]) -> None:
    """Run jobs in threads with a connection each; raises what one of them raised."""

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(run, job) for job in jobs]:
            done.result(timeout=WAIT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_history", [False, True])
def test_orders_then_stock_and_stock_alone_do_not_wait_in_a_circle(is_history: bool) -> None:
    """One writes an order item, then books its stock; the other holds that balance meanwhile, and tells of it too.

    Of history both are earlier than all that was known of the product, which each has to write down.
    """
    product = make.product()
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 10)], source=EventSource.CSV)
    DirtyPair.objects.all().delete()
    written, held = threading.Event(), threading.Event()
    long_ago = make.ago(days=900)

    def book(units: int) -> None:
        moment = long_ago - timedelta(days=units) if is_history else None
        ledger.book([Movement(product.pk, EventKind.RECEIVED, units, occurred_at=moment)], source=EventSource.CSV)

    def orders() -> None:
        with transaction.atomic():
            make.item(product, in_=make.order(status=2, at=long_ago if is_history else make.NOW))
            written.set()
            assert held.wait(WAIT)
            book(1)

    def stock() -> None:
        with transaction.atomic():
            balance = product.balances.select_for_update().get()
            assert written.wait(WAIT)
            held.set()
            assert balance.on_hand == 10
            book(2)

    both(orders, stock)
    assert product.balances.get().on_hand == 13
    assert set(DirtyPair.objects.values_list("product_id", flat=True)) == {product.pk}


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_it_is_refreshed_is_refreshed_again() -> None:
    product = make.product()
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 10)], source=EventSource.CSV)
    tracked = make_tracker(product)
    health.refresh(as_of=make.NOW)
    taken, booked = threading.Event(), threading.Event()

    def reading() -> None:
        with transaction.atomic():
            ledger.book([Movement(product.pk, EventKind.RECEIVED, 1)], source=EventSource.CSV)
        with transaction.atomic():
            health.refresh(as_of=make.NOW)
            taken.set()
            assert booked.wait(WAIT)

    def writing() -> None:
        assert taken.wait(WAIT)
        ledger.book([Movement(product.pk, EventKind.RECEIVED, 5)], source=EventSource.CSV)  # waits for nobody
        booked.set()

    both(reading, writing)
    health.refresh(as_of=make.NOW)
    tracked.refresh_from_db()
    assert tracked.value == 16
    assert not DirtyPair.objects.exists()


def make_tracker(product: Product) -> Tracker:
    return Tracker.objects.create(
        merchant_id=product.merchant_id,
        product=product,
        inventory_type=InventoryType.objects.get(code="good"),
        mechanism="stock_quantity",
        quantity=20,
    )
