"""Two at once, against the real server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.db.models import Sum

from inventory_ops.models import InventoryEvent, InventoryType, Location, Order, OrderItem, Product, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.imports.files import load_files
from inventory_ops.operations.ledger import InsufficientStock, LedgerRefusal, Movement
from tests.imports.support import NOW, write
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def assert_balances_are_sums() -> None:
    for balance in StockBalance.objects.all():
        events = InventoryEvent.objects.filter(balance=balance).order_by("sequence")
        moved = events.exclude(kind__in=["allocated", "released"]).aggregate(total=Sum("quantity"))["total"] or 0
        assert balance.on_hand == moved
        assert [event.sequence for event in events] == list(range(1, balance.version + 1))


def test_two_loads_of_the_same_files(tmp_path: Path, catalogue: None) -> None:
    rows = "".join(f"O{n // 3},{n},2,2026-01-01,B,2,1\n" for n in range(1, 400))
    files = [
        write(tmp_path, "orders", "order_number,item_id,status,created_at,sku,quantity,unit_price\n" + rows),
        write(tmp_path, "adjustments", "sku,quantity_delta,reason,occurred_at\n" + "B,1,count,2026-01-01\n" * 50),
        write(tmp_path, "stock", "sku,quantity\nB,30\nD,4\n"),
    ]
    both = at_once(2, lambda n: load_files(files, now=NOW))
    assert not [outcome.errors for outcomes in both for outcome in outcomes if outcome.errors]
    assert OrderItem.objects.count() == 399
    assert Order.objects.count() == 134
    assert InventoryEvent.objects.filter(kind="adjusted").count() == 50
    assert InventoryEvent.objects.filter(kind="allocated").count() == 399
    assert dict(StockBalance.objects.values_list("product__sku", "on_hand")) == {"B": 30, "D": 4}
    assert_balances_are_sums()


def test_two_stock_loads_that_disagree(tmp_path: Path, catalogue: None) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = write(tmp_path / "a", "stock", "sku,quantity\nB,10\nD,1\n")
    two = write(tmp_path / "b", "stock", "sku,quantity\nD,2\nB,20\n")
    at_once(2, lambda n: load_files([(one, two)[n]], now=NOW))
    found = dict(StockBalance.objects.values_list("product__sku", "on_hand"))
    assert found in ({"B": 10, "D": 1}, {"B": 20, "D": 2})
    assert_balances_are_sums()


def test_bookings_in_opposite_order_do_not_deadlock(catalogue: None) -> None:
    products = list(Product.objects.values_list("pk", flat=True))

    def book(n: int) -> None:
        ids = products if n % 2 else products[::-1]
        for _ in range(5):
            ledger.book([Movement(product, EventKind.RECEIVED, 1) for product in ids], source=EventSource.SYSTEM)

    at_once(8, book)
    assert set(StockBalance.objects.values_list("on_hand", flat=True)) == {40}
    assert_balances_are_sums()


def test_fifty_adjusters_lose_nothing(catalogue: None) -> None:
    product = Product.objects.get(sku="B")
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 30)], source=EventSource.SYSTEM)
    balance = StockBalance.objects.get()

    def take(n: int) -> None:
        with suppress(InsufficientStock):
            for _ in range(2):
                ledger.adjust(balance_id=balance.pk, quantity=-1, source=EventSource.PAGE, actor="jo", reason="lost")

    at_once(25, take)
    balance.refresh_from_db()
    assert balance.on_hand == 0
    assert balance.version == 31
    assert_balances_are_sums()


def test_the_race_without_the_lock_loses_updates(catalogue: None) -> None:
    """What the booking functions are for: read, add and save in two steps by several at once goes wrong."""
    product = Product.objects.get(sku="B")
    balance = StockBalance.objects.create(
        merchant_id=product.merchant_id,
        product=product,
        inventory_type=InventoryType.objects.get(code="good"),
        location=Location.objects.get(),
    )
    both_have_read = threading.Barrier(2)

    def naive(n: int) -> None:
        mine = StockBalance.objects.get(pk=balance.pk)
        both_have_read.wait(timeout=60)
        mine.on_hand += 1
        mine.save()

    at_once(2, naive)
    balance.refresh_from_db()
    assert balance.on_hand == 1


def test_a_key_books_once(catalogue: None) -> None:
    product = Product.objects.get(sku="B")
    moves = [Movement(product.pk, EventKind.RECEIVED, 5, key="test:1"), Movement(product.pk, EventKind.RECEIVED, 1)]
    at_once(6, lambda n: ledger.book(moves, source=EventSource.API))
    assert StockBalance.objects.get().on_hand == 5 + 6
    assert_balances_are_sums()


@pytest.mark.parametrize(
    ("moves", "error"),
    [
        ([("B", EventKind.ADJUSTED, -1)], InsufficientStock),
        (
            [("B", EventKind.ADJUSTED, 2), ("B", EventKind.ADJUSTED, -3), ("B", EventKind.ADJUSTED, 5)],
            InsufficientStock,
        ),
        ([("B", EventKind.RELEASED, -1)], LedgerRefusal),
    ],
)
def test_refused_bookings_leave_nothing(
    catalogue: None, moves: list[tuple[str, EventKind, int]], error: type[Exception]
) -> None:
    ids = dict(Product.objects.filter(sku="B").values_list("sku", "pk"))
    with pytest.raises(error, match="Nothing was booked"):
        ledger.book(
            [Movement(ids[sku], kind, quantity, reason="count") for sku, kind, quantity in moves],
            source=EventSource.PAGE,
            below_zero=False,
        )
    assert not InventoryEvent.objects.exists()
    assert not StockBalance.objects.exists()


def test_raising_a_negative_balance_is_allowed(catalogue: None) -> None:
    product = Product.objects.get(sku="B")
    ledger.book([Movement(product.pk, EventKind.SHIPPED, -20)], source=EventSource.CHANNEL)
    balance = StockBalance.objects.get()
    booked = ledger.adjust(balance_id=balance.pk, quantity=5, source=EventSource.PAGE, actor="jo", reason="found")
    assert booked.quantity_after == -15
    with pytest.raises(InsufficientStock):
        ledger.adjust(balance_id=balance.pk, quantity=-1, source=EventSource.PAGE, actor="jo", reason="lost")


@pytest.mark.parametrize("rows", [1, 200])
def test_booking_costs_the_same_number_of_statements_for_any_number_of_rows(
    catalogue: None, rows: int, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    product = Product.objects.get(sku="B")
    moves = [Movement(product.pk, EventKind.RECEIVED, 1, key=f"k:{n}") for n in range(rows)]
    with django_assert_max_num_queries(24):  # type: ignore[attr-defined]
        ledger.book(moves, source=EventSource.SYSTEM)


def test_an_adjustment_is_one_statement(catalogue: None, django_assert_num_queries: Callable[[int], object]) -> None:
    product = Product.objects.get(sku="B")
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 3)], source=EventSource.SYSTEM)
    balance = StockBalance.objects.get()
    with django_assert_num_queries(0):  # type: ignore[attr-defined]  # nothing but one prepared statement
        ledger.adjust(balance_id=balance.pk, quantity=-3, source=EventSource.PAGE, actor="jo", reason="lost")
