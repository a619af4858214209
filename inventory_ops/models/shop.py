"""The installation itself: whose it is."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.zones import validate_timezone


class Shop(models.Model):
    """One row, written when the product is set up."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("shop name"), max_length=200)
    timezone = models.CharField(_("time zone"), max_length=64, validators=[validate_timezone])
    currency = models.CharField(_("currency"), max_length=3, help_text=_("ISO 4217 code."))

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        constraints = [
            models.CheckConstraint(name="shop_is_one_row", condition=Q(id=1)),
            models.CheckConstraint(name="shop_name_is_given", condition=~Q(name="")),
            models.CheckConstraint(name="shop_currency_is_a_code", condition=Q(currency__regex=r"^[A-Z]{3}$")),
        ]

    def __str__(self) -> str:
        return self.name
