"""The tables of issues say what the live queries say, whatever is changed and whenever they are asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory_ops.models import (
    FlashSale,
    InventoryType,
    Order,
    OrderItem,
    Product,
)
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from inventory_ops.queries.issues import TABLES, state
from tests import make
from tests.issues.support import assert_right, table_rows

pytestmark = pytest.mark.django_db
SLUGS = list(TABLES)
AGES = (7, 14, 30, 60, 90, 180, 365, 730)  # days: where the windows of the shipping report begin, of most years


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hundreds_of_changes_of_every_kind_keep_them_right(seed: int) -> None:
    dice = random.Random(seed)
    merchants = [make.merchant(), make.merchant()]
    category = make.category()
    products = [make.product(of=dice.choice(merchants)) for _ in range(6)]
    items: list[OrderItem] = []
    now = timezone.now()
    clock = now - timedelta(hours=20)  # the database's own clock stands still meanwhile, and may be a day off

    def around(hours: int = 12) -> datetime:
        return clock + timedelta(minutes=dice.randint(-hours * 60, hours * 60))

    def one() -> Product:
        return Product.objects.get(pk=dice.choice(products).pk)

    def price() -> Decimal:
        return Decimal(dice.randint(4, 14))

    def repriced() -> None:
        start = around()
        fields = dice.choice(
            [
                {"price": price()},
                {"cost": dice.choice([None, price()])},
                {"special_price": None},
                {"special_price": price(), "special_from": start, "special_to": start + timedelta(hours=6)},
                {"special_price": price(), "special_from": None, "special_to": around()},
            ]
        )
        Product.objects.filter(pk=one().pk).update(**fields)

    def all_repriced() -> None:
        Product.objects.update(cost=price())

    def renamed() -> None:
        fields = dice.choice([{"name": f"N{dice.random()}"}, {"category": category}, {"brand_name": "B"}])
        Product.objects.filter(pk=one().pk).update(**fields)
        merchant = dice.choice(merchants)
        merchant.name = f"M{dice.random()}"
        merchant.save()

    def sale() -> None:
        product = one()
        product.flash_sales.all().delete()
        start = around()
        make.sale(product, start, start + timedelta(hours=dice.randint(1, 8)), price=str(dice.randint(3, 9)))

    def sale_moved() -> None:
        for found in FlashSale.objects.order_by("?")[:1]:
            found.starts_at, found.ends_at = found.starts_at + timedelta(hours=5), found.ends_at + timedelta(hours=9)
            found.save()

    def stocked() -> None:
        kind = dice.choice(["good", "defective"])
        movement = Movement(one().pk, EventKind.RECEIVED, dice.randint(1, 9), inventory_type=kind)
        ledger.book([movement], source=EventSource.CSV, actor="")

    def ordered() -> None:
        status = dice.choice([1, 2, 3])
        # within hours of the end of a window, of now, or ahead of it
        at = around() - timedelta(days=dice.choice([0, 0, *AGES]))
        order = make.order(status=status, at=at, customer_email=f"c{dice.random()}@example.org")
        for _ in range(dice.randint(1, 2)):
            product = one()
            items.append(
                make.item(
                    product,
                    in_=order,
                    quantity=3,
                    shipped=dice.choice([0, 1, 3]) if status == 3 else 0,
                    ship_by=dice.choice([None, around()]),
                    unit_price=price(),
                    unit_cost=dice.choice([None, price()]),
                )
            )

    def changed() -> None:
        if not items:
            return
        rows = OrderItem.objects.filter(pk=dice.choice(items).pk)
        dice.choice(
            [
                lambda: rows.filter(quantity_shipped=0).update(
                    cancelled_quantity=dice.randint(1, 3),
                    cancelled_by=dice.choice(["seller", "customer", "system"]),
                ),
                lambda: rows.update(cancelled_quantity=0, cancelled_by=""),
                lambda: rows.filter(status=2, cancelled_quantity=0).update(quantity_shipped=3, shipped_at=clock),
                lambda: rows.update(ordered_at=around() - timedelta(days=dice.choice([0, *AGES]))),
                lambda: rows.update(ship_by=around()),
                lambda: rows.update(unit_price=price(), unit_cost=price(), issue_at=around()),
                lambda: rows.update(status=2, quantity_shipped=0),
                lambda: rows.update(status=3),
                lambda: rows.update(product_id=(other := one()).pk, merchant_id=other.merchant_id),
            ]
        )()

    def mailed() -> None:
        Order.objects.filter(pk__in=[item.order_id for item in items[-3:]]).update(customer_email=f"{dice.random()}@x")

    def removed() -> None:
        if len(items) > 5:
            items.pop(dice.randrange(len(items))).delete()

    def sellable() -> None:
        InventoryType.objects.filter(code="defective").update(is_sellable=dice.random() < 0.5)

    steps: list[Callable[[], None]] = [repriced, sale, sale_moved, stocked, ordered, ordered, changed, changed, mailed]
    steps += [removed, renamed, sellable, all_repriced]
    assert_right(clock)
    seen: dict[str, int] = dict.fromkeys(SLUGS, 0)
    for step in range(150):
        action = dice.choice(steps)
        action()
        if clock < now + timedelta(hours=20):
            clock += timedelta(minutes=dice.choice([0, 0, 1, 10, 60]))
        if dice.random() < 0.4:
            assert_right(clock, (step, action.__name__))
            assert state("shipping-issues", as_of=clock, using="default").is_current
            for slug in SLUGS:
                seen[slug] += len(table_rows(slug))
    assert all(seen.values()), seen  # else nothing was compared
