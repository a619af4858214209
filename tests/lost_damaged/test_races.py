"""Many at once, on the real PostgreSQL with real commits."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.db.models import Sum
from structlog.testing import capture_logs

from inventory_ops.models import OrderItem, OrderItemKey, User
from lost_damaged.items import Item
from lost_damaged.models import LedgerEntry, SellerTransaction, Source, Statement, WriteOff
from lost_damaged.operations import write_offs
from lost_damaged.operations.write_offs import CannotReverse
from tests.lost_damaged.world import World, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def book(by: User, items: list[Item]) -> list[str]:
    return [outcome.state for outcome in write_offs.write_off(items, source=Source.API, by=by)]


@pytest.fixture
def people(world: World) -> list[User]:
    """One books after the other, so that a race needs many."""
    return [User.objects.create_user(f"p{n}@example.com", None, role="finance") for n in range(50)]


def test_fifty_on_one_uid_book_it_once(world: World, people: list[User]) -> None:
    world.product("A")
    states = Counter(state for [state] in at_once(50, lambda n: book(people[n], [Item(0, "A", "one")])))
    assert states == {"booked": 1, "repeat": 49}
    assert SellerTransaction.objects.count() == LedgerEntry.objects.count() / 2 == 1


def test_without_the_constraint_the_same_race_books_more_than_once(world: World, people: list[User]) -> None:
    """The control: what the test above shows is the constraint's doing."""
    world.product("A")
    with connection.cursor() as cursor:
        cursor.execute(
            "select conname from pg_constraint where conrelid = 'lost_damaged_writeoff'::regclass and contype = 'u'"
            " and pg_get_constraintdef(oid) like '%(uid_key)'"
        )
        [[name]] = cursor.fetchall()
        cursor.execute(f"alter table lost_damaged_writeoff drop constraint {name}")
    statements = ("BOOK_ONE", "INSERT_WRITE_OFFS")
    originals = [getattr(write_offs.booking, name) for name in statements]
    try:
        for statement, original in zip(statements, originals, strict=True):
            setattr(write_offs.booking, statement, original.replace("on conflict (uid_key) do nothing", ""))
        for attempt in range(5):  # nobody says that the first meet
            at_once(50, lambda n, uid=f"one{attempt}": book(people[n], [Item(0, "A", uid)]))  # type: ignore[misc]
            if (most := max(Counter(WriteOff.objects.values_list("uid_key", flat=True)).values())) > 1:
                break
        assert most > 1
    finally:
        for statement, original in zip(statements, originals, strict=True):
            setattr(write_offs.booking, statement, original)
        with connection.cursor() as cursor:
            cursor.execute("begin; set local session_replication_role = replica")
            cursor.execute("truncate lost_damaged_writeoff cascade; commit")
            cursor.execute(f"alter table lost_damaged_writeoff add constraint {name} unique (uid_key)")


def test_opposite_orders_do_not_deadlock(world: World, people: list[User]) -> None:
    for n in range(10):
        world.product(f"P{n}")
    units = [Item(n, f"P{n % 10}", f"unit-{n:03}") for n in range(200)]

    def work(n: int) -> list[str]:
        return book(people[n], units if n % 2 else units[::-1])

    states = Counter(state for states in at_once(8, work) for state in states)
    assert states == {"booked": 200, "repeat": 1400}
    assert WriteOff.objects.count() == 200


def test_prices_change_while_units_are_booked_and_every_amount_is_of_one_price(
    world: World, people: list[User]
) -> None:
    product = world.product("A", "100.00")
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for price in ("50.00", "100.00"):
                type(product).objects.filter(pk=product.pk).update(price=Decimal(price))
        connections.close_all()

    changer = threading.Thread(target=change)
    changer.start()
    try:
        at_once(6, lambda n: [book(people[n], [Item(0, "A", f"u-{n}-{m}")]) for m in range(5)])
    finally:
        stop.set()
        changer.join()
    assert SellerTransaction.objects.count() == 30
    assert {(each.price, each.amount) for each in SellerTransaction.objects.all()} <= {
        (Decimal("100.0000"), Decimal("87.5000")),
        (Decimal("50.0000"), Decimal("43.7500")),
    }


def test_reversed_by_many_at_once_it_is_reversed_once(world: World) -> None:
    world.product("A")
    [outcome] = write_offs.write_off([Item(0, "A", "u")], source=Source.API, by=world.finance)

    def work(n: int) -> bool:
        try:
            write_offs.reverse(number=outcome.number, note="found", by=world.finance)
        except CannotReverse:
            return False
        return True

    assert sum(at_once(8, work)) == 1
    assert SellerTransaction.objects.aggregate(total=Sum("amount"))["total"] == 0


def test_the_first_bookings_of_a_seller_share_one_statement(world: World, people: list[User]) -> None:
    world.product("A")
    at_once(8, lambda n: book(people[n], [Item(0, "A", f"u-{n}")]))
    assert Statement.objects.count() == 1
    assert SellerTransaction.objects.count() == 8


def test_people_at_once_write_off_no_more_units_than_the_order_item_has(world: World, people: list[User]) -> None:
    """The quantity was checked before the other's unit could be seen: each of two passed it."""
    product = world.product("A")
    for round_ in range(5):
        item = world.order_item(product, quantity=2)
        units = [Item(0, "A", f"u-{round_}-{n}", item.shop_item_id) for n in range(8)]
        states = Counter(state for [state] in at_once(8, lambda n, units=units: book(people[n], [units[n]])))
        assert states == {"booked": 2, "waits": 6}


def test_a_file_and_single_units_share_the_quantity_of_an_order_item(world: World, people: list[User]) -> None:
    product = world.product("A")
    for round_ in range(5):
        item = world.order_item(product, quantity=2)
        units = [Item(n, "A", f"f-{round_}-{n}", item.shop_item_id) for n in range(6)]

        def work(n: int, units: list[Item] = units) -> list[str]:
            return book(people[n], units[n : n + 1] if n % 2 else units[n : n + 2])

        states = Counter(state for states in at_once(4, work) for state in states)
        assert states["booked"] == 2, states


@pytest.mark.parametrize("count", [1, 3])  # one unit and many go by other statements
def test_units_of_an_item_that_moves_to_another_month_meanwhile_are_booked(world: World, count: int) -> None:
    """The server refuses who waits for a row that leaves its month; the booking is done again."""
    item = world.order_item(world.product("A"), quantity=count)
    units = [Item(n, "A", f"moved-{n}", str(item.shop_item_id)) for n in range(count)]
    is_moved = threading.Event()

    def work(n: int) -> list[str]:
        if n:
            assert is_moved.wait(60)
            return book(world.finance, units)
        with transaction.atomic(), connection.cursor() as cursor:
            OrderItem.objects.filter(pk=item.pk).update(ordered_at=item.ordered_at - timedelta(days=62))
            is_moved.set()
            for _attempt in range(600):
                cursor.execute(
                    "select exists (select from pg_stat_activity where wait_event_type = 'Lock'"
                    " and datname = current_database())"
                )
                if cursor.fetchone() == (True,):
                    return []
                time.sleep(0.05)
        raise AssertionError("nobody waited")

    with capture_logs() as logged:
        assert at_once(2, work) == [[], ["booked"] * count]
    assert [each["reason"] for each in logged if each["event"] == "booking_repeated"] == ["SerializationFailure"]
    assert set(WriteOff.objects.values_list("order_item_id", flat=True)) == {item.pk}
    assert OrderItemKey.objects.get().ordered_at == OrderItem.objects.get().ordered_at < item.ordered_at
