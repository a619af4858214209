"""The rows of three reports as narrow tables, so that any sort, filter and page of them is a few milliseconds.

They are copies: what a row says is defined by the live queries in `queries.costs` and `queries.shipping`, whose names
the fields have. Triggers note in `IssueChange` what changed since; `operations.issues.refresh` reads those rows again
and notes the moment they are right for in `IssueRefresh`. A page never shows a table that is behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.db.fields import MoneyField, PercentField
from inventory_ops.models.orders import OrderStatus
from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    pass


class IssueRow(models.Model):
    """What every row repeats of its merchant and product. No foreign key is enforced: it is a copy."""

    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    vendor_number = models.CharField(max_length=50)
    vendor_name = models.CharField(max_length=200)
    sku = models.CharField(max_length=100)
    name = models.CharField(max_length=300)
    category = models.ForeignKey(
        "inventory_ops.Category", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    # of the merchant's currency: what amounts are ordered by (sql/currency_order.sql)
    factor = models.DecimalField(db_default=1)
    band = models.DecimalField(db_default=0)

    objects = OfMerchants["IssueRow"].as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.sku} · {self.name}"


class InventoryCostIssue(IssueRow):
    """A product whose margin at the price in force is at most `queries.costs.MARGIN_KEPT` percent: those below cost,
    which are the report, and those that its filter asks for besides."""

    product = models.OneToOneField(
        "inventory_ops.Product", models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    brand_name = models.CharField(max_length=200, blank=True)
    price_now = MoneyField()
    cost = MoneyField()
    loss_per_unit = MoneyField()
    margin_percent = models.DecimalField()  # as computed, not rounded: it is compared with what is asked for
    on_hand = models.BigIntegerField()
    value_at_risk = models.DecimalField(max_digits=38, decimal_places=4)  # units × loss has more digits than an amount
    in_flash_sale = models.BooleanField()
    explained_by = models.CharField(max_length=20)
    sale_starts_at = models.DateTimeField(null=True)
    sale_ends_at = models.DateTimeField(null=True)
    sale_snapshot_price = MoneyField(null=True)
    sale_percentage = PercentField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "product"], name="cost_issue_of_merchant"),
            # with the margin, so that rows above the one asked for are passed over without a look at them
            *(
                models.Index(fields=[field, "product", "margin_percent"], name=name)
                for field, name in (
                    ("sku", "cost_issue_by_sku"),
                    ("vendor_number", "cost_issue_by_vendor_number"),
                    ("vendor_name", "cost_issue_by_vendor"),
                    ("on_hand", "cost_issue_by_on_hand"),
                    ("explained_by", "cost_issue_by_reason"),
                    ("sale_starts_at", "cost_issue_by_sale"),
                )
            ),
            *(
                models.Index(in_one_order(field), "product", "margin_percent", name=name)
                for field, name in (
                    ("loss_per_unit", "cost_issue_by_worth"),
                    ("price_now", "cost_issue_by_price_worth"),
                    ("cost", "cost_issue_by_cost_worth"),
                    ("value_at_risk", "cost_issue_by_risk_worth"),
                )
            ),
            models.Index(
                F("sale_starts_at").desc(nulls_last=True),
                F("product").desc(),
                F("margin_percent"),
                name="cost_issue_by_sale_desc",
            ),
        ]


class ShippingIssue(IssueRow):
    """A product that was not shipped in at least one order of a period, which is a window of the report's filter
    (`12m`; empty: all time) up to now."""

    pk = models.CompositePrimaryKey("period", "product_id")
    period = models.CharField(max_length=4, blank=True)
    product = models.ForeignKey(
        "inventory_ops.Product", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    times = models.BigIntegerField()
    units = models.BigIntegerField()
    value = models.DecimalField(max_digits=38, decimal_places=4)
    last_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "period", "product"], name="shipping_issue_of_merchant"),
            models.Index(fields=["period", "times", "product"], name="shipping_issue_by_times"),
            models.Index(fields=["period", "category", "times", "product"], name="shipping_issue_of_category"),
            # the list begins at two times; more is asked of the index itself
            *(
                models.Index(fields=["period", field, "product", "times"], condition=Q(times__gte=2), name=name)
                for field, name in (
                    ("sku", "shipping_issue_by_sku_2"),
                    ("vendor_name", "shipping_issue_by_vendor_2"),
                    ("vendor_number", "shipping_issue_by_number_2"),
                    ("units", "shipping_issue_by_units_2"),
                    ("last_at", "shipping_issue_by_time_2"),
                )
            ),
            models.Index(
                "period",
                in_one_order("value"),
                "product",
                "times",
                condition=Q(times__gte=2),
                name="shipping_issue_by_worth_2",
            ),
        ]


class ShippingCandidate(IssueRow):
    """A row of `ShippingIssue` as what bounds it: a product was short in at most so many orders of any part of the
    period. Read only: what it was short in is found by `queries.shipping.not_shipped_of`."""

    pk = models.CompositePrimaryKey("period", "product_id")
    period = models.CharField(max_length=4, blank=True)
    product = models.ForeignKey(
        "inventory_ops.Product", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    most_times = models.BigIntegerField(db_column="times")

    class Meta:
        managed = False
        db_table = "inventory_ops_shippingissue"


class OrderCostIssue(IssueRow):
    """An order line whose cost at the time of order is higher than its price then. It depends on no clock."""

    item = models.OneToOneField(
        "inventory_ops.OrderItem", models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    order = models.ForeignKey(
        "inventory_ops.Order", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    order_number = models.CharField(max_length=50)
    customer_email = models.CharField(max_length=254, blank=True)
    product = models.ForeignKey(
        "inventory_ops.Product", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    status = models.PositiveSmallIntegerField(choices=OrderStatus.choices)
    issue_at = models.DateTimeField()
    unit_price = MoneyField()
    unit_cost = MoneyField()
    quantity = models.PositiveIntegerField()
    loss_per_unit = MoneyField()
    loss_amount = models.DecimalField(max_digits=38, decimal_places=4)
    issue_sale_starts_at = models.DateTimeField(null=True)
    issue_sale_ends_at = models.DateTimeField(null=True)
    issue_sale_snapshot_price = MoneyField(null=True)
    issue_sale_percentage = PercentField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "issue_at"], name="order_cost_issue_of_merchant"),
            models.Index(fields=["product"], name="order_cost_issue_of_product"),
            models.Index(fields=["order"], name="order_cost_issue_of_order"),
            models.Index(fields=["issue_at", "item"], name="order_cost_issue_by_time"),
            # what a text finds little of, or nothing, in years of lines; what it finds much of is read in their order
            GinIndex(
                OpClass(Upper("order_number"), "gin_trgm_ops"),
                OpClass(Upper("sku"), "gin_trgm_ops"),
                OpClass(Upper("vendor_name"), "gin_trgm_ops"),
                name="order_cost_issue_search",
            ),
            # with the time, so that rows outside the window are passed over without a look at them
            *(
                models.Index(fields=[field, "item", "issue_at"], name=name)
                for field, name in (
                    ("order_number", "order_cost_by_order_and_time"),
                    ("customer_email", "order_cost_by_email_and_time"),
                    ("sku", "order_cost_by_sku_and_time"),
                    ("vendor_number", "order_cost_by_vendor_and_time"),
                    ("status", "order_cost_by_status_and_time"),
                    ("quantity", "order_cost_by_units_and_time"),
                )
            ),
            *(
                models.Index(in_one_order(field), "item", "issue_at", name=name)
                for field, name in (
                    ("unit_price", "order_cost_by_price_worth"),
                    ("unit_cost", "order_cost_by_cost_worth"),
                    ("loss_per_unit", "order_cost_by_worth"),
                    ("loss_amount", "order_cost_by_total_worth"),
                )
            ),
        ]


class IssueChange(models.Model):
    """Something changed that rows of the tables may say otherwise now. Written by triggers, taken by the refresh.

    Nothing is unique here, so that no writer ever waits for another one.
    """

    class Subject(models.TextChoices):
        PRODUCT = "product"  # name, SKU, brand, category, merchant: of a product
        PRICE = "price"  # price, cost or flash sale: of a product
        STOCK = "stock"  # units on hand: of a product
        SHORT = "short"  # a line that is not shipped in full: its product
        LINE = "line"  # an order line below cost
        ORDER = "order"  # number or address of an order
        MERCHANT = "merchant"  # number or name of a merchant

    subject = models.CharField(max_length=10, choices=Subject.choices)
    key = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.subject} {self.key}"


class IssueRefresh(models.Model):
    """The one row says for which moment the tables are right; without it they were never built."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="issue_refresh_is_one", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return str(self.as_of)
