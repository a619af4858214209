"""When a cart counts as recovered: found in the data by the scan, and by an import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from inventory_ops.imports.orders import SPEC
from inventory_ops.models import Order, Product
from inventory_ops.models.ledger import EventSource
from inventory_ops.operations import jobs, orders, scans
from inventory_ops.operations.imports import uploads
from inventory_ops.operations.orders import recovered
from inventory_ops.operations.orders.recovered import WITHIN
from tests import make
from tests.carts.support import JANE, ago, bought, cart
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp() -> Product:
    return make.product("LAMP")


def find() -> int:
    return recovered.find(as_of=timezone.now())


def state(of: Order) -> tuple[Any, Any]:
    of.refresh_from_db()
    return of.recovered_at, of.recovered_by_id


def test_the_same_customer_bought_a_product_of_it_later(lamp: Product) -> None:
    left, order = cart("C", make.product(), lamp), bought("O", lamp, email="Jane@Example.org")
    assert find() == 1
    assert state(left) == (order.placed_at, order.pk)
    assert find() == 0


@pytest.mark.parametrize(
    "case",
    ["another customer", "other goods", "before it was left", "too late", "cancelled", "no address", "a cart, too"],
)
def test_what_does_not_count(case: str, lamp: Product) -> None:
    left = cart("C", lamp, at=ago(days=40), email="" if case == "no address" else JANE)
    placed: dict[str, Any] = {"at": left.last_activity_at + timedelta(days=1)}
    if case == "before it was left":
        placed["at"] = left.last_activity_at
    if case == "too late":
        placed["at"] = left.last_activity_at + WITHIN + timedelta(seconds=1)
    if case == "another customer":
        placed["email"] = "john@example.org"
    if case == "no address":
        placed["email"] = ""
    if case == "cancelled":
        placed |= {"cancelled_quantity": 1, "cancelled_by": "customer"}
    product = make.product("OTHER") if case == "other goods" else lamp
    if case == "a cart, too":
        cart("D", product, at=placed["at"])
    else:
        bought("O", product, **placed)
    assert find() == 0
    assert state(left) == (None, None)


def test_the_first_of_several_orders_counts_to_the_last_moment(lamp: Product) -> None:
    left = cart("C", lamp, at=ago(days=40))
    bought("O2", lamp, at=ago(days=11))
    first = bought("O1", lamp, at=left.last_activity_at + WITHIN)
    assert first.placed_at and first.placed_at < ago(days=9)
    Order.objects.filter(number="O2").update(placed_at=left.last_activity_at + WITHIN + timedelta(seconds=1))
    assert find() == 1
    assert state(left)[1] == first.pk


@pytest.mark.parametrize("what", ["came back", "cancelled", "deleted"])
def test_it_is_taken_back(what: str, lamp: Product) -> None:
    left, order = cart("C", lamp), bought("O", lamp)
    find()
    assert state(left)[1] == order.pk
    if what == "came back":
        Order.objects.filter(pk=left.pk).update(last_activity_at=ago(hours=2))
    elif what == "cancelled":
        order.items.update(cancelled_quantity=1, cancelled_by="seller")
    else:
        order.delete()
    assert find() == 0
    assert state(left) == (None, None)


def test_the_scan_does_it_before_it_looks(lamp: Product) -> None:
    left = cart("C", lamp)
    bought("O", lamp)
    scans.run("checkouts")
    assert state(left)[1] is not None


def test_a_cart_that_becomes_an_order_is_recovered_by_itself(lamp: Product) -> None:
    store = make.store("9")
    left = cart("C", lamp, store=store)
    bought("O", lamp)
    find()
    was_left = left.last_activity_at
    line = orders.NewLine(left.items.get().shop_item_id, lamp.pk, 1, lamp.price)
    new = orders.NewOrder(number="C", at=timezone.now(), currency="GBP", lines=[line], store_number="9")
    orders.place(new=new, source=EventSource.CHANNEL)
    left.refresh_from_db()
    assert (left.status, left.recovered_at, left.recovered_by_id, left.left_at) == (2, new.at, None, was_left)


def test_a_cart_bought_in_time_is_not_recovered_by_the_other_order_either(lamp: Product) -> None:
    left = cart("C", lamp)
    bought("O", lamp)
    find()
    Order.objects.filter(pk=left.pk).update(status=2, placed_at=timezone.now())
    assert state(left) == (None, None)


def test_history_that_is_loaded_later_finds_old_carts(lamp: Product) -> None:
    left = cart("C", lamp, at=ago(days=200))
    moment = (left.last_activity_at + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = (
        "order_number,status,customer_email,created_at,sku,quantity,unit_price,marketing_consent,recovery_url\n"
        f"O1,3,JANE@example.org,{moment},LAMP,1,9.99,yes,\n"
        f"C2,1,kim@example.org,{moment},LAMP,1,9.99,no,https://shop.example/cart/2\n"
    )
    by = make.user()
    upload = uploads.receive(files=[SimpleUploadedFile("o.csv", text.encode())], spec=SPEC, by=by)
    jobs.run(uploads.apply(job=upload, by=by).pk)
    assert state(left)[1] == Order.objects.get(number="O1").pk
    assert Order.objects.get(number="O1").marketing_consent is True
    second = Order.objects.get(number="C2")
    assert (second.marketing_consent, second.recovery_url) == (False, "https://shop.example/cart/2")


@pytest.mark.django_db(transaction=True)
def test_many_scans_at_once_find_each_once(lamp: Product) -> None:
    for number in range(6):
        cart(f"C{number}", lamp)
    bought("O", lamp)
    assert sum(at_once(4, lambda n: find())) == 6
    assert Order.objects.filter(recovered_by__isnull=False).count() == 6


def test_goods_are_compared_of_one_pair_after_the_other() -> None:
    """Beginning with all items that have a product in common, a scan of a million carts wrote gigabytes to disk."""
    seen: list[tuple[str, Any]] = []

    def remember(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(remember):
        find()
    [(sql, params)] = [each for each in seen if "recovered_at = f.placed_at" in each[0]]
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {sql}", params)
        [[[explained]]] = cursor.fetchall()
    read = list(_reads(explained["Plan"], below_limit=False))
    assert any(below for _table, below in read)
    assert [table for table, below in read if not below] == []


def _reads(node: dict[str, Any], *, below_limit: bool) -> Iterator[tuple[str, bool]]:
    """The tables of order items that a plan reads, and whether only until something is found."""
    below_limit = below_limit or node["Node Type"] == "Limit"
    if (table := node.get("Relation Name", "")).startswith("inventory_ops_orderitem"):
        yield table, below_limit
    for each in node.get("Plans", ()):
        yield from _reads(each, below_limit=below_limit)
