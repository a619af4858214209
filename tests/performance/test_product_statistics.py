"""The kept statistics of products equal what they sum up, whatever is done to stock, orders and products."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from inventory_ops.kit.reports import registry
from inventory_ops.models import InventoryType, Merchant, Order, OrderItem, Product, ProductDemand, ProductStock
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from inventory_ops.queries.stock import product_differences
from tests import make


@pytest.mark.django_db
def test_a_thousand_changes_of_every_kind_keep_them_right() -> None:
    dice = random.Random(7)
    own = make.merchant()
    products = [make.product(of=own) for _ in range(6)]
    categories = [make.category(), make.category()]
    items: list[OrderItem] = []

    def stocked() -> None:
        kind = dice.choice(["good", "good", "defective"])
        movement = Movement(dice.choice(products).pk, EventKind.RECEIVED, dice.randint(1, 9), inventory_type=kind)
        ledger.book([movement], source=EventSource.CSV, actor="")

    def ordered() -> None:
        status = dice.choice([1, 2, 3])
        placed = make.order(status=status, at=make.ago(days=dice.randint(0, 400)))
        items.append(make.item(dice.choice(products), in_=placed, quantity=3))

    def changed() -> None:
        if items:
            fields: dict[str, Any] = dice.choice(
                [
                    {"ordered_at": make.ago(days=dice.randint(0, 400))},
                    {"cancelled_quantity": 3, "cancelled_by": "seller", "quantity_shipped": 0},
                    {"cancelled_quantity": 0, "cancelled_by": ""},
                    {"product_id": dice.choice(products).pk},
                ]
            )
            OrderItem.objects.filter(pk=dice.choice(items).pk, quantity_shipped=0).update(**fields)

    def removed() -> None:
        if len(items) > 5:
            items.pop(dice.randrange(len(items))).delete()

    def repriced() -> None:
        Product.objects.filter(pk=dice.choice(products).pk).update(
            cost=dice.choice([None, Decimal(dice.randint(1, 20))]), price=Decimal(dice.randint(1, 20))
        )

    def filed() -> None:
        fields: dict[str, Any] = {"category": dice.choice([None, *categories]), "is_live": dice.random() < 0.5}
        Product.objects.filter(pk=dice.choice(products).pk).update(**fields)

    def reordered() -> None:
        Order.objects.filter(pk__in=[item.order_id for item in items[:2]], status=1).update(
            status=2, placed_at=make.NOW
        )
        OrderItem.objects.filter(order__in=[item.order_id for item in items[:2]]).exclude(status=3).update(status=2)

    steps: list[Callable[[], None]] = [stocked, ordered, changed, removed, repriced, filed, reordered]
    for step in range(300):
        dice.choice(steps)()
        if step % 10 == 0:
            assert product_differences() == []
    assert product_differences() == []
    assert ProductDemand.objects.filter(last_ordered_at__isnull=False).exists()
    assert ProductStock.objects.filter(on_hand__gt=0, value__gt=0).exists()


@pytest.mark.django_db
def test_what_is_sellable_may_change() -> None:
    product = make.product(cost=Decimal(5))
    make.stock(product, 3)
    make.stock(product, 4, type_="defective")
    InventoryType.objects.filter(code="defective").update(is_sellable=True)
    assert ProductStock.objects.get().value == 35
    assert product_differences() == []


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"on_hand": 1}, {"is_live": True}, {"category": None}], ids=str)
def test_a_wrong_one_is_told(wrong: dict[str, Any]) -> None:
    product = make.product(category=make.category(), is_live=False)
    assert product_differences() == []
    ProductStock.objects.filter(product=product).update(**wrong)
    assert len(product_differences()) == 1


@pytest.mark.django_db
def test_products_without_orders_are_filtered_by_what_is_kept_of_them() -> None:
    lamps, mugs = make.category(), make.category()
    make.product("LAMP", category=lamps)
    hidden = make.product("HIDDEN", category=lamps, is_live=False)
    make.product("MUG", category=mugs)
    make.product("NONE")

    def found(**params: Any) -> set[str]:
        rows = registry.get("products-without-orders").select(params, viewer=None).rows
        return set(rows.values_list("sku", flat=True))

    assert found(category=str(lamps.pk)) == {"LAMP", "HIDDEN"}
    assert found(live="no") == {"HIDDEN"}
    Product.objects.filter(pk=hidden.pk).update(category=mugs, is_live=True)
    assert found(category=str(mugs.pk), live="yes") == {"MUG", "HIDDEN"}
    assert found(live="no") == set()


@pytest.mark.django_db
def test_deleting_a_product_takes_its_statistics_along() -> None:
    make.product().delete()
    with connection.cursor() as cursor:
        for table in ("productstock", "productdemand"):
            cursor.execute(f"select count(*) from inventory_ops_{table}")
            assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_lose_nothing() -> None:
    own: Merchant = make.merchant()
    products = [make.product(of=own) for _ in range(3)]
    orders = [make.order(at=make.ago(days=n)) for n in range(8)]
    old = [make.item(products[n % 3], in_=orders[n], quantity=2, shipped=0) for n in range(8)]

    def work(n: int) -> None:
        try:
            with transaction.atomic():
                make.item(products[n % 3], in_=orders[n], quantity=1)
                OrderItem.objects.filter(pk=old[(n * 5) % 8].pk).update(cancelled_quantity=2, cancelled_by="seller")
            movement = Movement(products[(n + 1) % 3].pk, EventKind.RECEIVED, n + 1)
            ledger.book([movement], source=EventSource.CSV, actor="")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert product_differences() == []
