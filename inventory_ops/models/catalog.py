"""Categories and products."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Least, NullIf, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField, PercentField
from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    pass


class Category(models.Model):
    """A product category; its commission percent, or its nearest ancestor's, counts for write-offs."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    commission_percent = PercentField(_("commission percent"), null=True, blank=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.CheckConstraint(
                name="category_commission_is_a_percent",
                condition=Q(commission_percent__isnull=True) | Q(commission_percent__range=(0, 100)),
            ),
            models.CheckConstraint(name="category_is_not_its_own_parent", condition=~Q(parent=F("id"))),
        ]

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(OfMerchants["Product"]):
    def live(self) -> ProductQuerySet:
        return self.filter(is_live=True)


class Product(models.Model):
    """One SKU of one merchant. Prices and cost are in the merchant's currency; the price in force depends on time."""

    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="products")
    sku = models.CharField(_("SKU"), max_length=100)
    vendor_sku = models.CharField(_("vendor SKU"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=300)
    short_description = models.TextField(_("short description"), blank=True)
    brand_name = models.CharField(_("brand"), max_length=200, blank=True)
    model_name = models.CharField(_("model"), max_length=200, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="products")
    price = MoneyField(_("price"))
    special_price = MoneyField(_("special price"), null=True, blank=True)
    special_from = models.DateTimeField(_("special price from"), null=True, blank=True)
    special_to = models.DateTimeField(_("special price to"), null=True, blank=True, help_text=_("Exclusive."))
    cost = MoneyField(_("cost of goods"), null=True, blank=True)
    is_live = models.BooleanField(_("live"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "sku"], name="product_sku_is_unique_per_merchant"),
            # what composite foreign keys (merchant_id, product_id) of the large tables point at
            models.UniqueConstraint(fields=["merchant", "id"], name="product_merchant_and_id"),
            models.CheckConstraint(name="product_sku_is_given", condition=~Q(sku="")),
            models.CheckConstraint(name="product_price_is_not_negative", condition=Q(price__gte=0)),
            models.CheckConstraint(
                name="product_special_price_is_positive",
                condition=Q(special_price__isnull=True) | Q(special_price__gt=0),
            ),
            models.CheckConstraint(
                name="product_special_window_is_in_order",
                condition=Q(special_from__isnull=True)
                | Q(special_to__isnull=True)
                | Q(special_from__lt=F("special_to")),
            ),
            models.CheckConstraint(
                name="product_cost_is_not_negative",
                condition=Q(cost__isnull=True) | Q(cost__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["sku"], name="product_sku"),
            models.Index(OpClass(Upper("sku"), "text_pattern_ops"), name="product_sku_prefix"),
            # Django's icontains is UPPER(x) LIKE UPPER(y): the index has to be over upper() to serve it
            GinIndex(
                "merchant",
                OpClass(Upper(Concat("sku", Value(" "), "name", Value(" "), "vendor_sku")), "gin_trgm_ops"),
                name="product_search",
            ),
            # what the list of products without orders is sorted by
            models.Index(fields=["vendor_sku", "id"], name="product_by_vendor_sku"),
            models.Index(fields=["brand_name", "id"], name="product_by_brand"),
            GinIndex(OpClass(Upper("brand_name"), "gin_trgm_ops"), name="product_search_brand"),
            models.Index(fields=["model_name", "id"], name="product_by_model"),
            models.Index(fields=["created_at", "id"], name="product_by_creation"),
            # every product that can be an inventory cost issue without a flash sale
            models.Index(
                fields=["merchant", "id"],
                name="product_cost_above_price",
                condition=Q(cost__gt=F("price")) | Q(cost__gt=F("special_price")),
            ),
            # margins at most so many percent: cost as a share of the lower of the two prices
            models.Index(
                F("cost") / NullIf(Least("price", "special_price"), Value(Decimal(0))), name="product_cost_share"
            ),
            # special prices that begin or end in a span of time
            models.Index(fields=["special_from"], name="product_special_from", condition=Q(special_from__isnull=False)),
            models.Index(fields=["special_to"], name="product_special_to", condition=Q(special_to__isnull=False)),
            models.Index(
                fields=["merchant", "id"],
                name="product_without_cost",
                condition=Q(cost__isnull=True),
            ),
            # the same for who sees all merchants, in the orders of the list
            models.Index(fields=["id"], name="product_without_cost_by_id", condition=Q(cost__isnull=True)),
            models.Index(fields=["sku", "id"], name="product_without_cost_by_sku", condition=Q(cost__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.sku} · {self.name}"
