"""What makes an order item unique beyond its month."""

from __future__ import annotations

from django.db import models


class OrderItemKey(models.Model):
    """One row an order item, whatever month it lies in: its id, its shop's id in its store, and where it is found.

    The items lie in months, where PostgreSQL keeps nothing unique but what names the month: what must be unique over
    all of them is unique here, and other tables refer to items by this one. Triggers (sql/order_months.sql) write it
    in the statement that writes the item, and refuse every other writer.
    """

    id = models.BigIntegerField(primary_key=True)
    order = models.ForeignKey("inventory_ops.Order", models.DO_NOTHING, related_name="+", db_constraint=False)
    product = models.ForeignKey(
        "inventory_ops.Product", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    store = models.ForeignKey(
        "inventory_ops.Store", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    shop_item_id = models.CharField(max_length=100)
    ordered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop_item_id", "store"], nulls_distinct=False, name="order_item_key_is_unique_in_its_store"
            ),
        ]

    def __str__(self) -> str:
        return self.shop_item_id
