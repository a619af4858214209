"""What lists need to know of each product, kept right by triggers in the transaction that changes it.

Stock and demand are apart, because different writers keep them: who holds the lock of a balance never waits here for
somebody who writes orders and wants that balance. `verify_ledger` compares both with what they sum up. The triggers
are in the migrations 0005, 0012 and 0022.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    pass

# in place of NULL where rows are ordered
NEVER = date(9999, 12, 31)
NEVER_YET = datetime(1900, 1, 1, tzinfo=UTC)


class ProductStock(models.Model):
    """Units of the sellable types over all locations, and what they are worth at cost (else at price); and of the
    product what lists sorted by these are filtered by."""

    product = models.OneToOneField(
        "inventory_ops.Product", models.CASCADE, primary_key=True, related_name="stock_total", db_constraint=False
    )
    merchant_id = models.BigIntegerField()
    on_hand = models.BigIntegerField(default=0)
    available = models.BigIntegerField(default=0)
    # wider than an amount: no booking may fail because a product of units and cost has too many digits
    value = models.DecimalField(max_digits=38, decimal_places=4, default=0)
    # of the product, beside the value that lists are sorted by
    category = models.ForeignKey(
        "inventory_ops.Category", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    is_live = models.BooleanField(default=True, db_default=True)
    # may the cost be above the price in force? Only then a change of `on_hand` is noted for the cost issues. Kept
    # here, under the lock that every writer of stock holds anyway, so that no change slips by
    is_watched = models.BooleanField(default=False, db_default=False)
    # of the merchant's currency: what the value is ordered by (sql/currency_order.sql)
    factor = models.DecimalField(db_default=1)
    band = models.DecimalField(db_default=0)

    class Meta:
        indexes = [
            models.Index(in_one_order("value"), "product", name="product_stock_by_worth"),
            models.Index(fields=["available", "product"], name="product_stock_by_available"),
            # those that cannot be sold are worth least: a list by value would look for them behind all others
            models.Index(
                in_one_order("value"), "product", name="product_stock_empty_worth", condition=Q(available__lte=0)
            ),
            # few products are of a category, and few are not live
            models.Index("category", in_one_order("value"), "product", name="product_stock_category_worth"),
            models.Index(in_one_order("value"), "product", name="product_stock_off_worth", condition=Q(is_live=False)),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} on hand"


class StockTotal(models.Model):
    """Units of a product and inventory type over all locations and lots; the nearest expiry of lots with units."""

    pk = models.CompositePrimaryKey("product_id", "inventory_type_id")
    product = models.ForeignKey(
        "inventory_ops.Product", models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    inventory_type = models.ForeignKey(
        "inventory_ops.InventoryType", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    on_hand = models.BigIntegerField(default=0)
    allocated = models.BigIntegerField(default=0)
    available = models.BigIntegerField(default=0)
    nearest_expiry = models.DateField(null=True)

    objects = OfMerchants["StockTotal"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["on_hand", "product", "inventory_type"], name="stock_total_by_on_hand"),
            models.Index(fields=["available", "product", "inventory_type"], name="stock_total_by_available"),
            # without NULLs, so that one index serves both directions and pages by key
            models.Index(
                Coalesce("nearest_expiry", Value(NEVER)), "product", "inventory_type", name="stock_total_by_nearest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} on hand"


class ProductDemand(models.Model):
    """First and last order of a product, of lines in open and closed orders that were not cancelled altogether."""

    product = models.OneToOneField(
        "inventory_ops.Product", models.CASCADE, primary_key=True, related_name="demand", db_constraint=False
    )
    merchant_id = models.BigIntegerField()
    first_ordered_at = models.DateTimeField(null=True)
    last_ordered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # without NULLs, so that one index serves both directions and finds who ordered nothing since a moment
            models.Index(Coalesce("last_ordered_at", Value(NEVER_YET)), "product", name="product_demand_by_newest"),
            # all of it in the order of products: counted without a look at the rows, which lie as they were written
            models.Index(
                fields=["product"], include=["first_ordered_at", "last_ordered_at"], name="product_demand_counted"
            ),
        ]

    def __str__(self) -> str:
        return str(self.last_ordered_at)
