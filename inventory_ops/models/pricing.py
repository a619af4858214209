"""Flash sales and the history of prices."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    DateTimeRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField, PercentField
from inventory_ops.models.visibility import OfMerchants


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class FlashSale(models.Model):
    """A time-limited discount on one product, in force from `starts_at` until just before `ends_at`."""

    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(
        "inventory_ops.Product",
        models.PROTECT,
        related_name="flash_sales",
        db_constraint=False,
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"), help_text=_("Exclusive."))
    percentage = PercentField(_("percentage off"))
    snapshot_price = MoneyField(_("snapshot price"), help_text=_("The regular price when the sale was set up."))
    sale_price = MoneyField(
        _("sale price"),
        help_text=_("snapshot × (1 − percentage), half-even to the currency's smallest unit."),
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfMerchants["FlashSale"].as_manager()

    class Meta:
        verbose_name = _("flash sale")
        verbose_name_plural = _("flash sales")
        constraints = [
            ExclusionConstraint(
                name="flash_sales_of_a_product_do_not_overlap",
                expressions=[
                    ("product", RangeOperators.EQUAL),
                    (
                        TsTzRange("starts_at", "ends_at", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("Another flash sale of this product runs in that time."),
            ),
            models.UniqueConstraint(fields=["product", "starts_at"], name="flash_sale_product_and_start"),
            models.CheckConstraint(
                name="flash_sale_starts_before_it_ends",
                condition=Q(starts_at__lt=F("ends_at")),
            ),
            models.CheckConstraint(
                name="flash_sale_percentage_is_a_percent",
                condition=Q(percentage__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="flash_sale_price_is_at_most_snapshot",
                condition=Q(sale_price__gte=0) & Q(sale_price__lte=F("snapshot_price")),
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at", "starts_at"], name="flash_sale_by_end"),
            models.Index(fields=["starts_at"], name="flash_sale_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.percentage} % until {self.ends_at:%Y-%m-%d %H:%M}"


class PriceGuard(models.Model):
    """What happens when a price, cost or sale would sell a merchant's product below its cost of goods.

    The rule without a merchant is for all that have none of their own; without it, nothing is checked. Each holds from
    a moment on, and the newest one counts; one that has not begun can be withdrawn. Append-only.
    """

    class Mode(models.TextChoices):
        OFF = "off", _("Off: nothing is checked")
        WARN = "warn", _("Warn: who changes it is told, and may go on")
        BLOCK = "block", _("Block: the change is refused")
        DEFAULT = "default", _("The rule for all vendors")

    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.PROTECT, null=True, blank=True, related_name="price_guards"
    )
    mode = models.CharField(_("rule"), max_length=10, choices=Mode.choices)
    valid_from = models.DateTimeField(_("valid from"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    changed_by = models.CharField(_("proposed by"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("price guard")
        verbose_name_plural = _("price guards")
        constraints = [
            models.CheckConstraint(
                name="price_guard_mode_is_known",
                condition=Q(mode__in=["off", "warn", "block"]) | Q(mode="default", merchant__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["merchant", "-valid_from", "-id"], name="price_guard_newest")]

    def __str__(self) -> str:
        return f"{self.merchant or ''} {self.mode}".strip()


class PriceChange(models.Model):
    """One change of a product's price, special price or cost: what it was, what it became, when, by whom."""

    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(
        "inventory_ops.Product",
        models.PROTECT,
        related_name="price_changes",
        db_constraint=False,
    )
    at = models.DateTimeField(_("at"))
    price_before = MoneyField(null=True)
    price_after = MoneyField()
    special_price_before = MoneyField(null=True)
    special_price_after = MoneyField(null=True)
    cost_before = MoneyField(null=True)
    cost_after = MoneyField(null=True)
    special_window_before = DateTimeRangeField(
        null=True, blank=True, help_text=_("From and to of the special price before. Empty: not known.")
    )
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    source = models.CharField(_("source"), max_length=50)
    actor = models.CharField(_("actor"), max_length=254, blank=True)

    objects = OfMerchants["PriceChange"].as_manager()

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        indexes = [
            models.Index(fields=["product", "-at"], name="price_change_of_product"),
            models.Index(fields=["at", "id"], name="price_change_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.price_before} → {self.price_after}"
