"""Many writers at once, on the real PostgreSQL with real commits: nothing is lost."""

from __future__ import annotations

import random
import threading

import pytest
from django.db.models import Sum

from inventory_ops.models import InventoryEvent, Product, StockBalance, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, stock, stock_undo, verify
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.stock import ChangeDetails, Place, StockMoved
from tests import make
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 50, 8


@pytest.fixture
def shelf(transactional_db: None) -> list[Product]:
    merchant = make.merchant()
    products = [make.product(f"P{n}", of=merchant) for n in range(20)]
    ledger.book([Movement(each.pk, EventKind.RECEIVED, 100) for each in products], source=EventSource.CSV)
    return products


def change(rng: random.Random, product: Product, by: User) -> int:
    """One random change; answers by how many units it changed the product's stock over all types."""
    place = Place(product)
    what = rng.choice(["adjust", "adjust", "set", "undo", "type"])
    try:
        if what == "adjust":
            quantity = rng.choice([-3, -1, 1, 2])
            stock.adjust_by(place=place, quantity=quantity, details=ChangeDetails("correction"), by=by)
            return quantity
        if what == "set":
            seen = StockBalance.objects.get(product=product, inventory_type__code="good").on_hand
            counted = seen + rng.choice([-2, 2])
            stock.set_to(place=place, counted=counted, seen=seen, details=ChangeDetails("count"), by=by)
            return counted - seen
        if what == "type":
            stock.change_type(place=place, to="defective", quantity=1, details=ChangeDetails("damaged"), by=by)
            return 0
        event = InventoryEvent.objects.filter(product=product, kind="adjusted", reason="correction").last()
        if event is None:
            return 0
        stock_undo.undo(event=event, by=by)
    except (LedgerRefusal, StockMoved):
        return 0
    return -event.quantity


def test_fifty_writers_on_twenty_products_lose_nothing(shelf: list[Product]) -> None:
    by = make.user("operations")

    def work(n: int) -> dict[int, int]:
        rng, told = random.Random(n), {each.pk: 0 for each in shelf}
        for _ in range(EACH):
            product = rng.choice(shelf)
            told[product.pk] += change(rng, product, by)
        return told

    told = at_once(WRITERS, work)
    assert {outcome.name: outcome.differences for outcome in verify.run() if outcome.differences} == {}
    for product in shelf:
        on_hand = StockBalance.objects.filter(product=product).aggregate(total=Sum("on_hand"))["total"]
        assert on_hand == 100 + sum(each[product.pk] for each in told)
    assert InventoryEvent.objects.count() > WRITERS


def test_one_form_sent_by_many_at_once_is_booked_once(shelf: list[Product]) -> None:
    by, place = make.user("operations"), Place(shelf[0])
    counted = ChangeDetails("count", key="6e0f4c9e-1d0c-4a53-9d3c-0d6c5a4d9d01")
    at_once(12, lambda n: stock.set_to(place=place, counted=90, seen=100, details=counted, by=by))
    delta = ChangeDetails("found", key="6e0f4c9e-1d0c-4a53-9d3c-0d6c5a4d9d02")
    at_once(12, lambda n: stock.adjust_by(place=place, quantity=5, details=delta, by=by))
    assert shelf[0].balances.get().on_hand == 95
    assert shelf[0].events.filter(kind="adjusted").count() == 2


def test_read_modify_save_loses_updates(shelf: list[Product]) -> None:
    """The control: the same race without the lock. What the tests above show is the operations' doing."""
    [balance] = shelf[0].balances.all()
    read = threading.Barrier(10)

    def work(n: int) -> None:
        row = StockBalance.objects.get(pk=balance.pk)
        read.wait(timeout=60)
        row.on_hand += 1
        row.save()

    at_once(10, work)
    balance.refresh_from_db()
    assert balance.on_hand == 101
    assert any(outcome.differences for outcome in verify.run())
