"""Short makers of test rows with sensible defaults; every test says only what it is about."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory_ops.models import (
    Category,
    FlashSale,
    InventoryType,
    Location,
    Merchant,
    Order,
    OrderItem,
    PaymentAttempt,
    Product,
    StockBalance,
    Store,
    User,
)

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def ago(**units: float) -> datetime:
    return NOW - timedelta(**units)


def merchant(number: str = "", **fields: Any) -> Merchant:
    number = number or f"V{next(_numbers)}"
    return Merchant.objects.create(**{"vendor_number": number, "name": f"Vendor {number}"} | fields)


def product(sku: str = "", *, of: Merchant | None = None, **fields: Any) -> Product:
    values = {"price": Decimal("10"), "cost": Decimal("5"), "name": "Lamp", "created_at": ago(days=400)} | fields
    return Product.objects.create(merchant=of or merchant(), sku=sku or f"SKU-{next(_numbers)}", **values)


def sale(of: Product, start: datetime, end: datetime, *, price: str = "8", snapshot: str = "10") -> FlashSale:
    return FlashSale.objects.create(
        merchant_id=of.merchant_id,
        product=of,
        starts_at=start,
        ends_at=end,
        percentage=20,
        snapshot_price=Decimal(snapshot),
        sale_price=Decimal(price),
    )


def stock(of: Product, on_hand: int, *, allocated: int = 0, type_: str = "good", **fields: Any) -> StockBalance:
    """A balance without events: only for reads that do not look at the ledger."""
    return StockBalance.objects.create(
        merchant_id=of.merchant_id,
        product=of,
        inventory_type=InventoryType.objects.get(code=type_),
        location=Location.objects.get(code="MAIN"),
        on_hand=on_hand,
        allocated=allocated,
        **fields,
    )


def order(number: str = "", *, status: int = 3, at: datetime | None = None, **fields: Any) -> Order:
    moment = at or ago(days=1)
    values = {
        "created_at": moment,
        "last_activity_at": moment,
        "placed_at": moment if status != 1 else None,
    } | fields
    return Order.objects.create(number=number or f"N{next(_numbers)}", status=status, **values)


def item(of: Product, *, in_: Order | None = None, quantity: int = 1, **fields: Any) -> OrderItem:
    parent = in_ or order()
    shipped = fields.pop("shipped", quantity if parent.status == 3 else 0)
    values = {
        "shop_item_id": next(_numbers) + 1_000_000,
        "unit_price": Decimal("10"),
        "unit_cost": Decimal("5"),
        "ordered_at": parent.created_at,
        "quantity_shipped": shipped,
        "shipped_at": parent.created_at if shipped else None,
    } | fields
    if values["unit_cost"] is not None and values["unit_cost"] > values["unit_price"]:
        values.setdefault("issue_at", parent.created_at)
    return OrderItem.objects.create(
        order=parent,
        merchant_id=of.merchant_id,
        product=of,
        status=parent.status,
        quantity=quantity,
        **values,
    )


def attempt(of: Order, code: str = "E1", message: str = "Declined", **fields: Any) -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        order=of, code=code, message=message, attempted_at=fields.pop("attempted_at", of.created_at), **fields
    )


def store(number: str = "1", **fields: Any) -> Store:
    return Store.objects.create(number=number, **fields)


def user(role: str = "operations", *, of: Merchant | None = None, email: str = "", **fields: Any) -> User:
    return User.objects.create_user(
        email or f"{role or 'none'}{next(_numbers)}@example.com", "long enough 1", role=role, merchant=of, **fields
    )


def category(name: str = "") -> Category:
    return Category.objects.create(name=name or f"Category {next(_numbers)}")


def rates(home: str, **worth: str) -> None:
    """The shop reports in `home`, and one unit of each other currency is worth so much of it."""
    from inventory_ops.models import ExchangeRate, Shop
    from inventory_ops.operations import rates as operations

    Shop.objects.update_or_create(pk=1, defaults={"name": "Shop", "timezone": "UTC", "currency": home})
    day = timezone.now().date()
    found = [operations.Rate(day, code, home, Decimal(rate)) for code, rate in worth.items()]
    with transaction.atomic():
        operations.load(found=found, source=ExchangeRate.Source.PAGE, by=None)
