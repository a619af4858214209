"""The Events Ledger: everything that ever changed stock, append-only (guarded by triggers, see migration 0002)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    pass


class EventKind(models.TextChoices):
    RECEIVED = "received", _("Received")
    ALLOCATED = "allocated", _("Allocated")
    RELEASED = "released", _("Released")
    SHIPPED = "shipped", _("Shipped")
    RETURNED = "returned", _("Returned")
    ADJUSTED = "adjusted", _("Adjusted")
    IMPORTED = "imported", _("Imported")
    WRITTEN_OFF = "written_off", _("Written off")


# These move the allocated quantity of a balance; all other kinds move what is on hand.
ALLOCATION_KINDS = (EventKind.ALLOCATED, EventKind.RELEASED)


class EventSource(models.TextChoices):
    PAGE = "page", _("Page")
    CSV = "csv", _("CSV")
    API = "api", _("API")
    CHANNEL = "channel", _("Channel")
    ORDER = "order", _("Order")
    SYSTEM = "system", _("System")


class AdjustmentReason(models.Model):
    """Why stock was adjusted; administrators extend the list."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("adjustment reason")
        verbose_name_plural = _("adjustment reasons")

    def __str__(self) -> str:
        return self.name


class InventoryEvent(models.Model):
    """One change of one balance.

    `quantity` is signed. Of `allocated` (+) and `released` (−) events it counts the allocated units, of all other
    kinds the units on hand; `quantity_after` is that counter after the event, written under the balance's row
    lock. `sequence` counts the events of a balance without a gap from 1, and `digest` is a SHA-256 over the row,
    both written by the database: with them `verify_ledger` finds a row that was altered or taken out.

    The table is partitioned by month of `recorded_at`; its real primary key is (id, recorded_at). Rows refer to
    nothing by foreign key but the product, so that partitions can be detached and kept elsewhere.
    """

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    occurred_at = models.DateTimeField(_("occurred at"))
    merchant = models.ForeignKey(
        "inventory_ops.Merchant",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    product = models.ForeignKey(
        "inventory_ops.Product",
        models.DO_NOTHING,
        related_name="events",
        db_constraint=False,
        db_index=False,
    )
    balance = models.ForeignKey(
        "inventory_ops.StockBalance",
        models.DO_NOTHING,
        related_name="events",
        db_constraint=False,
        db_index=False,
    )
    inventory_type = models.ForeignKey(
        "inventory_ops.InventoryType",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    location = models.ForeignKey(
        "inventory_ops.Location",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=EventKind.choices)
    quantity = models.IntegerField(_("quantity change"))
    quantity_after = models.IntegerField(_("quantity after"))
    sequence = models.PositiveIntegerField(_("sequence"))
    reason = models.CharField(_("reason"), max_length=30, blank=True, default="")
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    source = models.CharField(_("source"), max_length=20, choices=EventSource.choices)
    reference = models.CharField(_("reference"), max_length=200, blank=True, default="")
    actor = models.CharField(_("actor"), max_length=254, blank=True, default="")
    batch = models.UUIDField(_("batch"), null=True, blank=True)
    order_item_id = models.BigIntegerField(_("order item"), null=True, blank=True)
    reverses_id = models.BigIntegerField(_("undoes event"), null=True, blank=True)
    counted_quantity = models.IntegerField(_("counted quantity"), null=True, blank=True)
    digest = models.BinaryField(_("digest"), editable=False)

    objects = OfMerchants["InventoryEvent"].as_manager()

    class Meta:
        verbose_name = _("inventory event")
        verbose_name_plural = _("inventory events")
        managed = False
        db_table = "inventory_ops_inventoryevent"

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d}"


class EventActor(models.Model):
    """A name that stands as the actor of an event; a trigger keeps them. One may be there more than once."""

    name = models.CharField(max_length=254)

    class Meta:
        indexes = [models.Index(fields=["name"], name="event_actor_by_name")]

    def __str__(self) -> str:
        return self.name


class EventKey(models.Model):
    """Makes an event unique beyond its partition: one row a key that must be used once only.

    Keys: `undo:<event>` (an event is undone once), `form:<uuid>`, `adjustments:<digest of the row>`,
    `channel:<id>:…`, `order:<item>:<kind>:<total>`.
    """

    key = models.CharField(max_length=200, primary_key=True)
    event_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(name="event_key_is_given", condition=~Q(key=""))]

    def __str__(self) -> str:
        return self.key
