"""What lists need to know of each product, kept right by triggers (migration 0006) in the transaction that changes it.

Two tables, because two kinds of writers keep them: who holds the lock of a balance never waits here for somebody who
writes orders and wants that balance. `verify_ledger` compares both with what they sum up.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F


class ProductStock(models.Model):
    """Units of the sellable types over all locations, and what they are worth at cost (else at price)."""

    product = models.OneToOneField(
        "inventory_ops.Product", models.CASCADE, primary_key=True, related_name="stock_total", db_constraint=False
    )
    merchant_id = models.BigIntegerField()
    on_hand = models.BigIntegerField(default=0)
    available = models.BigIntegerField(default=0)
    # wider than an amount: no booking may fail because a product of units and cost has too many digits
    value = models.DecimalField(max_digits=38, decimal_places=4, default=0)

    class Meta:
        indexes = [
            models.Index(fields=["value", "product"], name="product_stock_by_value"),
            models.Index(fields=["available", "product"], name="product_stock_by_available"),
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
            models.Index(F("last_ordered_at").asc(nulls_last=True), "product", name="product_demand_by_last"),
            models.Index(
                F("last_ordered_at").desc(nulls_last=True), F("product").desc(), name="product_demand_by_last_d"
            ),
        ]

    def __str__(self) -> str:
        return str(self.last_ordered_at)
