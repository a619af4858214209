"""Order items lie in months: unique over all of them, wherever they move; months are made, filled and dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from inventory_ops import tasks
from inventory_ops.models import Order, OrderItem, OrderItemKey
from inventory_ops.models.ledger import EventSource
from inventory_ops.models.orders import CancelledBy, OrderStatus
from inventory_ops.operations import order_months, orders, verify
from inventory_ops.operations.imports.files import load_files
from inventory_ops.operations.orders import NewLine, NewOrder
from tests import make
from tests.imports.support import NOW, ORDER, write
from tests.together import at_once

PREFIX = "inventory_ops_orderitem_"


def months() -> set[str]:
    return {name.removeprefix(PREFIX) for name in order_months.MONTHS.names()}


def lies_in(shop_item_id: str) -> list[str]:
    """The partitions that hold items of the id: one, if all is right."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tableoid::regclass::text from inventory_ops_orderitem where shop_item_id = %s", [shop_item_id]
        )
        return [name.removeprefix(PREFIX) for (name,) in cursor.fetchall()]


def differences() -> list[str]:
    return verify.order_item_keys()


def make_month(month: date) -> None:
    assert order_months.MONTHS.make_month(month)


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], list[object]]:
    make.product("B", of=make.merchant("V1"))

    def load(rows: str) -> list[object]:
        [outcome] = load_files([write(tmp_path, "orders", f"{ORDER},quantity_shipped\n{rows}")], now=NOW)
        return list(outcome.errors)

    return load


@pytest.mark.django_db
def test_the_nightly_task_makes_fills_and_drops() -> None:
    make_month(date(2020, 1, 1))
    make_month(date(2020, 2, 1))
    product = make.product()
    kept = make.item(product, in_=make.order(at=datetime(2020, 2, 3, tzinfo=UTC)))
    loaded = make.item(product, in_=make.order(at=datetime(2019, 11, 30, 23, 59, 59, tzinfo=UTC)))
    odd = make.item(product, in_=make.order(at=datetime(1970, 1, 1, tzinfo=UTC)))
    assert lies_in(str(loaded.shop_item_id)) == ["default"]
    with connection.cursor() as cursor:  # as if the load had been committed
        cursor.execute("set constraints all immediate")
    tasks.daily()
    assert {"201911", "202002", f"{datetime.now(UTC):%Y%m}"} <= months() and "202001" not in months()
    assert lies_in(str(kept.shop_item_id)) == ["202002"] and lies_in(str(loaded.shop_item_id)) == ["201911"]
    assert lies_in(str(odd.shop_item_id)) == ["default"]  # nobody sold anything then: no month for it
    assert OrderItem.objects.count() == 3 and not differences()
    assert order_months.settle(today=timezone.now().date()) == []


@pytest.mark.django_db
def test_months_to_come_and_this_month_stay() -> None:
    before = months()
    assert order_months.make_ahead(today=datetime.now(UTC).date()) == 0
    assert order_months.drop_empty(today=datetime.now(UTC).date()) == []
    assert order_months.make_ahead(today=date(2031, 1, 15)) == 7
    assert {"203101", "203107"} <= months() - before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_rows", [False, True])
def test_a_month_in_use_is_left_for_the_next_night(*, has_rows: bool) -> None:
    order_months.drop_empty(today=timezone.now().date())  # what other tests left
    if has_rows:  # its items wait in the partition for all other dates
        make.item(make.product(), in_=make.order(at=datetime(2020, 1, 3, tzinfo=UTC)))
    else:
        make_month(date(2020, 1, 1))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("select count(*) from inventory_ops_orderitem")
                held.set()
                done.wait(60)
        finally:
            connections.close_all()

    reader = threading.Thread(target=hold)
    reader.start()
    today = timezone.now().date()
    try:
        assert held.wait(60)
        assert order_months.settle(today=today) == order_months.drop_empty(today=today) == []
        assert ("202001" in months()) is not has_rows
    finally:
        done.set()
        reader.join()
    assert order_months.settle(today=today) == ([date(2020, 1, 1)] if has_rows else [])
    assert order_months.drop_empty(today=today) == ([] if has_rows else [f"{PREFIX}202001"])
    if has_rows:
        OrderItem.objects.all().delete()
        assert order_months.drop_empty(today=today) == [f"{PREFIX}202001"]


@pytest.mark.django_db
def test_an_import_moves_an_item_to_another_month(load: Callable[[str], list[object]]) -> None:
    make_month(date(2025, 12, 1))
    make_month(date(2026, 2, 1))
    assert not load("O1,1,3,2026-02-01T10:00,B,2,20,2\n")
    first = OrderItem.objects.get()
    assert lies_in("1") == ["202602"]
    assert not load("O1,1,3,2025-12-31T23:59,B,2,20,1\n")
    moved = OrderItem.objects.get()
    assert (moved.pk, moved.quantity_shipped, lies_in("1")) == (first.pk, 1, ["202512"])
    assert not load("O1,1,3,2001-01-01T00:00,B,2,20,1\n")  # into a month that was closed long ago
    assert (lies_in("1"), differences()) == (["default"], [])
    assert OrderItemKey.objects.get().ordered_at == datetime(2001, 1, 1, tzinfo=UTC)
    counted = [each.name for each in verify.run() if each.differences]
    assert not counted, "what triggers keep of sales counts a moved item once"


@pytest.mark.django_db
def test_a_cart_becomes_an_order_of_another_month() -> None:
    product = make.product()
    line = NewLine("L1", product.pk, 2, Decimal(5))
    then, later = datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, 1, tzinfo=UTC)
    make_month(date(2026, 1, 1))
    make_month(date(2026, 2, 1))
    cart = orders.save_cart(new=NewOrder("N1", then, "GBP", [line]))
    assert lies_in("L1") == ["cart"]
    placed = orders.place(new=NewOrder("N1", later, "GBP", [line]), source=EventSource.API)
    assert placed.items["L1"].pk == cart.items["L1"].pk and lies_in("L1") == ["202602"]
    item = placed.items["L1"].pk
    orders.ship(order=placed.order, totals={item: 1}, at=later, source=EventSource.API)
    orders.cancel(
        order=placed.order, totals={item: 1}, cancelled_by=CancelledBy.SELLER, at=later, source=EventSource.API
    )
    assert Order.objects.get().status == OrderStatus.CLOSED and lies_in("L1") == ["202602"]
    assert not [each.name for each in verify.run() if each.differences]


@pytest.mark.django_db
@pytest.mark.parametrize("store", [False, True])
def test_ids_are_unique_over_all_months(*, store: bool) -> None:
    product, of = make.product(), make.store() if store else None
    make_month(date(2026, 1, 1))
    item = make.item(product, in_=make.order(at=datetime(2026, 1, 3, tzinfo=UTC), store=of), shop_item_id="X", store=of)
    again = make.order(at=datetime(2020, 1, 3, tzinfo=UTC), store=of)
    for same in ({"shop_item_id": "X"}, {"pk": item.pk, "shop_item_id": "Y"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.item(product, in_=again, store=of, **same)
    other = make.item(product, in_=again, shop_item_id="Z", store=of)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderItem.objects.filter(pk=other.pk).update(shop_item_id="X")
    third = make.store("2")
    make.item(product, in_=make.order(store=third), shop_item_id="X", store=third)  # another store counts for itself


@pytest.mark.django_db
def test_keys_have_no_other_writer() -> None:
    make.item(make.product())
    for statement in (
        "delete from inventory_ops_orderitemkey",
        "update inventory_ops_orderitemkey set shop_item_id = 'other'",
        "insert into inventory_ops_orderitemkey select 0, order_id, product_id, store_id, 'new', now()"
        " from inventory_ops_orderitemkey",
    ):
        with pytest.raises(Exception, match="follow the items"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.django_db
def test_differences_are_found() -> None:
    item, gone = make.item(make.product()), make.item(make.product())
    assert not differences()
    with connection.cursor() as cursor:  # past all triggers
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("update inventory_ops_orderitem set ordered_at = '2020-01-01' where id = %s", [item.pk])
        cursor.execute("delete from inventory_ops_orderitem where id = %s", [gone.pk])
    assert differences() == [
        f"order item {item.pk} is not where its key says, or twice",
        f"order item {gone.pk} is a key without an item",
    ]


@pytest.mark.django_db(transaction=True)
def test_two_loads_of_one_item_in_different_months(tmp_path: Path) -> None:
    make.product("B", of=make.merchant("V1"))
    files = []
    for n, month in enumerate(("2026-01", "2026-02")):
        (tmp_path / month).mkdir()
        files.append(write(tmp_path / month, "orders", f"{ORDER}\nO1,1,3,{month}-02T10:00,B,{n + 1},20\n"))
    at_once(2, lambda n: load_files([files[n]], now=NOW))
    item = OrderItem.objects.get()
    assert item.quantity == item.ordered_at.month
    assert len(lies_in("1")) == 1 and not differences()


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_id_in_different_months() -> None:
    product = make.product()
    orders_ = [make.order(at=datetime(2026, month, 3, tzinfo=UTC)) for month in (1, 2)]

    def write_(n: int) -> bool:
        try:
            make.item(product, in_=orders_[n], shop_item_id="SAME")
        except IntegrityError:
            return False
        return True

    assert sorted(at_once(2, write_)) == [False, True]
    assert len(lies_in("SAME")) == 1 and not differences()
