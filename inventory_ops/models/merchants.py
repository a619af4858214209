"""Merchants (the sellers, also called vendors) and the stores that customers shop in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.zones import validate_timezone

if TYPE_CHECKING:
    from inventory_ops.models.users import User


class MerchantQuerySet(models.QuerySet["Merchant"]):
    def visible_to(self, user: User | None) -> MerchantQuerySet:
        """Merchants whose rows `user` may see; None is the system, which sees all."""
        if user is None or user.sees_all_merchants:
            return self
        return self.filter(pk=user.own_merchant_id)


class Merchant(models.Model):
    """A seller whose goods the marketplace stores and sells."""

    vendor_number = models.CharField(_("vendor number"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3, default="GBP", help_text=_("ISO 4217 code."))
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text=_("Decides what a day is for this merchant."),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = MerchantQuerySet.as_manager()

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        constraints = [
            models.CheckConstraint(
                name="merchant_currency_is_a_code",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(name="merchant_vendor_number_is_given", condition=~Q(vendor_number="")),
        ]
        indexes = [models.Index(fields=["name", "id"], name="merchant_by_name")]

    def __str__(self) -> str:
        return f"{self.vendor_number} · {self.name}"


class Store(models.Model):
    """A shop front. Its time-out decides when a cart counts as abandoned."""

    number = models.CharField(_("number"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    abandon_after = models.DurationField(
        _("abandoned after"),
        default=timedelta(minutes=60),
        help_text=_("A cart without customer activity for this long counts as abandoned."),
    )

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        constraints = [
            models.CheckConstraint(
                name="store_abandon_after_is_positive",
                condition=Q(abandon_after__gt=timedelta(0)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number
