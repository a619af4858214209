"""Random orders, late loads, returns, write-offs and closes in any order, alone and by two people at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

import pytest
from django.db import connections, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory_ops.models import Category, Merchant, OrderItem, Product
from lost_damaged.models import SellerTransaction, Source, Statement, StatementLine
from lost_damaged.operations import statements, write_offs
from lost_damaged.operations.statements import CannotClose
from lost_damaged.operations.write_offs import CannotReverse
from lost_damaged.queries import statements as queries
from lost_damaged.queries import verification
from tests.lost_damaged.world import World, items, make_world

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NUMBERS = count(1)
ACTS = ("order", "order", "order", "more", "less", "back", "fee", "lost", "found", "close", "close")
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 10**6)), max_size=14)


@dataclass
class Shop:
    """One seller, and what two people do to its orders."""

    world: World
    product: Product
    failures: list[Exception] = field(default_factory=list)

    def items(self) -> list[OrderItem]:
        return list(OrderItem.objects.filter(product=self.product).order_by("pk"))

    def do(self, act: str, seed: int) -> None:
        chance = random.Random(seed)
        if act == "order":
            quantity = chance.randint(1, 4)
            self.world.order_item(
                self.product,
                str(Decimal(chance.randint(0, 99_999)) / 1000),
                chance.choice([None, str(Decimal(chance.randint(0, 9_999)) / 1000)]),
                quantity=quantity,
                quantity_shipped=chance.randint(0, quantity),
                shipped_at=BEGIN + timedelta(hours=chance.randint(-100, 4000)),
            )
        elif act == "lost":
            uid = f"U-{next(NUMBERS)}"
            write_offs.write_off(items((self.product.sku, uid)), source=Source.API, by=self.world.finance)
        elif act == "found":
            numbers = list(
                SellerTransaction.objects.filter(merchant=self.product.merchant).values_list("number", flat=True)
            )
            if numbers:
                write_offs.reverse(number=chance.choice(numbers), note="found", by=self.world.finance)
        elif act == "close":
            day = (BEGIN + timedelta(days=chance.randint(0, 200))).date()
            number = Statement.objects.get(merchant=self.product.merchant, state="open").number
            statements.close(number=number, by=self.world.finance, cut_off=chance.choice([day, day, None]))
        elif known := self.items():
            self.change(act, chance.choice(known).pk, chance)

    def change(self, act: str, pk: int, chance: random.Random) -> None:
        with transaction.atomic():
            item = OrderItem.objects.select_for_update().get(pk=pk)
            at = BEGIN + timedelta(hours=chance.randint(0, 4000))
            if act == "more":
                item.quantity_shipped, item.shipped_at = item.quantity, at
            elif act == "less":
                item.quantity_shipped = chance.randint(item.returned_quantity, item.quantity_shipped)
            elif act == "back":
                item.returned_quantity, item.returned_at = chance.randint(0, item.quantity_shipped), at
            else:
                item.commission = Decimal(chance.randint(0, 9_999)) / 1000
            item.save()

    def run(self, details: list[tuple[str, int]]) -> None:
        self = replace(self, world=replace(self.world, ids=next(NUMBERS) * 1000))  # ids of one's own
        for act, seed in details:
            try:
                self.do(act, seed)
            except (CannotClose, CannotReverse):
                pass
            except Exception as error:
                self.failures.append(error)


def open_shop(currency: str = "GBP") -> Shop:
    world = make_world() if not Merchant.objects.exists() else _known_world()
    nth = next(NUMBERS)
    seller = Merchant.objects.create(
        vendor_number=f"S{nth}", name="Seller", currency=currency, timezone="Europe/Athens"
    )
    product = world.product(f"SKU-{nth}", "80.00", merchant=seller)
    Statement.objects.create(number=f"ST-{nth}", merchant=seller, currency=currency, starts_at=BEGIN)
    return Shop(world, product)


def _known_world() -> World:
    from inventory_ops.models import User

    return World(
        seller=Merchant.objects.get(vendor_number="V1"),
        other=Merchant.objects.get(vendor_number="V2"),
        finance=User.objects.get(email="fin@example.com"),
        category=Category.objects.get(),
        ids=10_000 + next(NUMBERS) * 100,
    )


def owed(item: OrderItem) -> Decimal:
    """What an item owes by its own fields, computed here and not by the database."""

    def money(amount: Decimal) -> Decimal:
        return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)

    fee, total = item.commission or Decimal(0), Decimal(0)
    if item.quantity_shipped and item.shipped_at >= BEGIN:
        total += money(item.quantity_shipped * item.unit_price) - money(item.quantity_shipped * fee)
    if item.returned_quantity and item.returned_at >= BEGIN:
        total -= money(item.returned_quantity * item.unit_price) - money(item.returned_quantity * fee)
    return total


def check(shop: Shop) -> None:
    seller = shop.product.merchant
    assert shop.failures == []
    assert verification.problems() == []
    lines = StatementLine.objects.filter(merchant=seller)
    for item in shop.items():
        assert (lines.filter(order_item=item.pk).aggregate(total=Sum("amount"))["total"] or 0) == owed(item)
    booked = SellerTransaction.objects.filter(merchant=seller)
    assert lines.filter(transaction__isnull=False).count() == booked.count()
    everything = sum(map(owed, shop.items()), sum(booked.values_list("amount", flat=True), Decimal(0)))
    found = list(Statement.objects.filter(merchant=seller).order_by("starts_at", "pk"))
    assert [each.state for each in found[:-1]] == ["closed"] * (len(found) - 1)
    paid = sum((each.payout_amount for each in found[:-1]), Decimal(0))
    assert paid + queries.figures(found[-1]).closing == everything
    for each in found[:-1]:
        assert not each.lines.filter(occurred_at__gte=each.ends_at).exists()


@pytest.mark.django_db
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(details=acts)
def test_nothing_is_lost_and_nothing_is_twice(db: None, details: list[tuple[str, int]]) -> None:
    shop = open_shop()
    shop.run(details)
    check(shop)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(one=acts, other=acts)
def test_nor_by_two_people_at_once(
    transactional_db: None, one: list[tuple[str, int]], other: list[tuple[str, int]]
) -> None:
    shop = open_shop()

    def begun(details: list[tuple[str, int]]) -> Callable[[], None]:
        def run() -> None:
            try:
                shop.run(details)
            finally:
                connections.close_all()

        return run

    threads = [threading.Thread(target=begun(details)) for details in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(shop)
