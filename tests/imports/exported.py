"""What is in the database after a load, in the columns of our kinds, to compare with what a layout has to give."""

from __future__ import annotations

import json
import unicodedata
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "exports"
FOLDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
NUMBERS = ("price", "special_price", "cost", "unit_price", "promo_value", "quantity", "quantity_delta")
COUNTS = ("quantity_shipped", "cancelled_quantity", "status")
MOMENTS = ("created_at", "updated_at", "shipped_at", "ship_by", "special_from", "special_to", "occurred_at")


def expected(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / folder / "expected.json").read_text())
    return found


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Numbers as numbers, text in NFC, moments as instants; empty cells are left out."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if value in (None, ""):
            continue
        if name in (*NUMBERS, *COUNTS):
            found[name] = Decimal(str(value))
        elif name in MOMENTS:
            found[name] = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        else:
            found[name] = unicodedata.normalize("NFC", value) if isinstance(value, str) else value
    return found


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(map(comparable, rows), key=lambda row: sorted((name, str(value)) for name, value in row.items()))


def loaded(kind: str, *, given: frozenset[Any] = frozenset()) -> list[dict[str, Any]]:
    """All rows of a kind; `given` are keys of those that were there before."""
    return [row for row in globals()[f"_{kind}"]() if row.get("vendor_number") not in given or kind != "merchants"]


def _merchants() -> list[dict[str, Any]]:
    from inventory_ops.models import Merchant

    return list(Merchant.objects.values("vendor_number", "name", "currency", "timezone"))


def _categories() -> list[dict[str, Any]]:
    from inventory_ops.models import Category

    return [{"name": name, "parent": parent} for name, parent in Category.objects.values_list("name", "parent__name")]


def _products() -> list[dict[str, Any]]:
    from inventory_ops.models import Product

    return [
        {
            "sku": each.sku,
            "vendor_number": each.merchant.vendor_number,
            "name": each.name,
            "short_description": each.short_description,
            "brand_name": each.brand_name,
            "category": each.category.name if each.category else None,
            "price": each.price,
            "special_price": each.special_price,
            "special_from": each.special_from,
            "special_to": each.special_to,
            "cost": each.cost,
            "is_live": each.is_live,
            "created_at": each.created_at,
        }
        for each in Product.objects.select_related("merchant", "category")
    ]


def _stock() -> list[dict[str, Any]]:
    from inventory_ops.models import StockBalance

    rows = StockBalance.objects.select_related("product__merchant", "inventory_type", "location")
    return [
        {
            "sku": each.product.sku,
            "vendor_number": each.product.merchant.vendor_number,
            "inventory_type": each.inventory_type.code,
            "location": each.location.code,
            "quantity": each.on_hand,
            "expires_on": each.expires_on.isoformat() if each.expires_on else None,
            "lot": each.lot,
        }
        for each in rows
    ]


def _adjustments() -> list[dict[str, Any]]:
    from inventory_ops.models import InventoryEvent

    rows = InventoryEvent.objects.filter(kind="adjusted").select_related("product__merchant")
    return [
        {
            "sku": each.product.sku,
            "vendor_number": each.product.merchant.vendor_number,
            "inventory_type": each.inventory_type.code,
            "location": each.location.code,
            "quantity_delta": each.quantity,
            "reason": each.reason,
            "note": each.note,
            "reference": each.reference,
            "occurred_at": each.occurred_at,
        }
        for each in rows
    ]


def _orders() -> list[dict[str, Any]]:
    from inventory_ops.models import OrderItem

    rows = OrderItem.objects.select_related("order__store", "product__merchant")
    return [
        {
            "order_number": each.order.number,
            "item_id": each.shop_item_id,
            "status": each.order.status,
            "store_number": each.order.store.number if each.order.store else None,
            "customer_email": each.order.customer_email,
            "created_at": each.order.created_at,
            "updated_at": each.order.last_activity_at,
            "sku": each.product.sku,
            "vendor_number": each.product.merchant.vendor_number,
            "quantity": each.quantity,
            "unit_price": each.unit_price,
            "quantity_shipped": each.quantity_shipped,
            "shipped_at": each.shipped_at,
            "cancelled_quantity": each.cancelled_quantity or None,
            "cancelled_by": each.cancelled_by,
            "ship_by": each.ship_by,
            "promo_code": each.order.promo_code,
            "promo_value": each.order.promo_value,
            "comment": each.order.comment,
        }
        for each in rows
    ]
