"""Inventory types, locations and stock balances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    pass


class InventoryType(models.Model):
    """The condition of stock. Channels draw from sellable types only. One that is retired takes no new stock."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=100)
    is_sellable = models.BooleanField(_("sellable"), default=False)
    is_active = models.BooleanField(_("in use"), default=True, db_default=True)

    NEEDED = ("good", "defective")  # returns and orders go to them

    class Meta:
        verbose_name = _("inventory type")
        verbose_name_plural = _("inventory types")
        constraints = [
            models.CheckConstraint(
                name="inventory_type_needed_is_in_use",
                condition=Q(is_active=True) | ~Q(code__in=["good", "defective"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """A warehouse or a place in it. One that is retired keeps its history and takes no new stock."""

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    is_active = models.BooleanField(_("in use"), default=True, db_default=True)

    NEEDED = ("MAIN",)  # where stock lies that nobody said a place of

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        constraints = [
            models.CheckConstraint(
                name="location_needed_is_in_use", condition=Q(is_active=True) | ~Q(code__in=["MAIN"])
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class StockBalance(models.Model):
    """Units of one product, inventory type, location and lot: always the sum of its events in the ledger.

    A lot is its code and expiry date; '' and NULL mean that none was told. `on_hand` may be negative (a channel
    sold what was not there). `version` is the sequence number of the balance's last event.
    """

    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    # no indexes of their own: every booking writes all of them again, and those below begin with the product
    product = models.ForeignKey(
        "inventory_ops.Product", models.PROTECT, related_name="balances", db_constraint=False, db_index=False
    )
    inventory_type = models.ForeignKey(InventoryType, models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", db_index=False)
    lot = models.CharField(_("lot"), max_length=100, blank=True, default="")
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    on_hand = models.IntegerField(_("on hand"), default=0)
    allocated = models.IntegerField(_("allocated"), default=0)
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = OfMerchants["StockBalance"].as_manager()

    class Meta:
        verbose_name = _("stock balance")
        verbose_name_plural = _("stock balances")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "inventory_type", "location", "lot", "expires_on"],
                name="stock_balance_is_one_per_place",
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="stock_allocated_is_not_negative", condition=Q(allocated__gte=0)),
        ]
        indexes = [
            models.Index(
                fields=["product", "inventory_type"],
                include=["expires_on", "on_hand", "allocated"],
                name="stock_balance_of_product",
            ),
            models.Index(
                fields=["product"],
                name="stock_balance_negative",
                condition=Q(on_hand__lt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} on hand"
