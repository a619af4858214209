"""A small shop: two sellers, products with every kind of price, an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from inventory_ops.models import Category, Merchant, Order, OrderItem, Product, User
from lost_damaged.items import Item


@dataclass
class World:
    """Makes what a test needs, and remembers the two sellers."""

    seller: Merchant
    other: Merchant
    finance: User
    category: Category
    ids: int = 1000

    def product(self, sku: str, price: str = "100.00", *, merchant: Merchant | None = None, **fields: Any) -> Product:
        fields.setdefault("category", self.category)
        return Product.objects.create(
            merchant=merchant or self.seller, sku=sku, name=f"Name of {sku}", price=Decimal(price), **fields
        )

    def order_item(
        self, product: Product, unit_price: str = "100.00", commission: str | None = "15.00", **fields: Any
    ) -> OrderItem:
        self.ids += 1
        now = timezone.now()
        currency = fields.pop("currency", product.merchant.currency)
        order = Order.objects.create(
            number=f"O-{self.ids}", status=2, currency=currency, last_activity_at=now, placed_at=now
        )
        fields.setdefault("quantity", 1)
        return OrderItem.objects.create(
            order=order,
            merchant=product.merchant,
            product=product,
            shop_item_id=self.ids,
            status=2,
            ordered_at=now,
            unit_price=Decimal(unit_price),
            commission=Decimal(commission) if commission is not None else None,
            **fields,
        )


def make_world() -> World:
    category = Category.objects.create(name="Lamps", commission_percent=Decimal("12.5"))
    return World(
        seller=Merchant.objects.create(vendor_number="V1", name="Lamp & Co", currency="GBP"),
        other=Merchant.objects.create(vendor_number="V2", name="Other", currency="GBP"),
        finance=User.objects.create_user("fin@example.com", None, role="finance", name="Fin Ance"),
        category=category,
    )


def items(*rows: tuple[Any, ...]) -> list[Item]:
    """Items from (sku, uid) or (sku, uid, shop item id)."""
    return [Item(position, *row) for position, row in enumerate(rows)]


def days(count: float) -> timedelta:
    return timedelta(days=count)
