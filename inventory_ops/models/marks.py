"""Marks on products: what is to be done with them, as liquidating or promoting them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.visibility import OfMerchants


class ProductMarkQuerySet(OfMerchants["ProductMark"]):
    def in_force(self, on: date) -> ProductMarkQuerySet:
        """Marks that nobody removed, and whose last day is not over."""
        return self.filter(removed_at__isnull=True).filter(Q(until__isnull=True) | Q(until__gte=on))


class ProductMark(models.Model):
    """What was decided about a product, by whom, why and until when. Of a product one stands at a time."""

    class Kind(models.TextChoices):
        LIQUIDATION = "liquidation", _("Liquidation")
        PROMOTION = "promotion", _("Promotion")

    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey("inventory_ops.Product", models.PROTECT, related_name="marks", db_constraint=False)
    kind = models.CharField(_("mark"), max_length=20, choices=Kind.choices)
    reason = models.CharField(_("reason"), max_length=200)
    until = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The last day. Empty: until it is removed.")
    )
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(_("marked at"), default=timezone.now)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    objects = ProductMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        constraints = [
            models.UniqueConstraint(
                fields=["product"], name="product_mark_one_stands", condition=Q(removed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="product_mark_kind_is_known", condition=Q(kind__in=["liquidation", "promotion"])
            ),
            models.CheckConstraint(name="product_mark_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="product_mark_removal_has_its_facts",
                condition=Q(removed_at=None, removed_by=None) | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "product"], name="product_mark_by_kind", condition=Q(removed_at__isnull=True)),
            models.Index(fields=["product", "-marked_at"], name="product_mark_of_product"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
