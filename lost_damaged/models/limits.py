"""Limits of what one person writes off alone, what was booked under them, and the units that wait for a second one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models.visibility import OfMerchants
from lost_damaged.models.write_offs import Reason, Source, WriteOff


class Cap(models.Model):
    """The limits in force from a moment on, of one currency or (currency '') of all without their own. Append-only.

    Of several from the same moment the newest row counts; without any, those of `lost_damaged.limits` hold. One that
    has not begun can be withdrawn.
    """

    currency = models.CharField(
        _("currency"), max_length=3, blank=True, default="", help_text=_("Empty: all currencies without their own.")
    )
    unit_cap = MoneyField(_("cap per unit"))
    import_cap = MoneyField(_("cap per import"))
    daily_cap = MoneyField(_("cap per person in 24 hours"))
    valid_from = models.DateTimeField(_("valid from"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("cap")
        verbose_name_plural = _("caps")
        constraints = [
            models.CheckConstraint(
                name="caps_are_positive_and_nested",
                condition=Q(unit_cap__gt=0, import_cap__gte=F("unit_cap"), daily_cap__gte=F("unit_cap")),
            ),
            models.CheckConstraint(name="cap_currency_is_a_code", condition=Q(currency__regex=r"^([A-Z]{3})?$")),
        ]
        indexes = [models.Index(fields=["currency", "-valid_from", "-id"], name="cap_newest")]

    def __str__(self) -> str:
        return f"{self.currency} {self.unit_cap} / {self.import_cap} / {self.daily_cap}".strip()


class Spending(models.Model):
    """What a person booked alone in an hour (UTC), by currency and import: the sum that caps are judged by.

    Bookings at once add to rows of their own slots, so that none waits for another.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    import_id = models.UUIDField(null=True)
    hour = models.DateTimeField()
    slot = models.PositiveSmallIntegerField(default=0)
    amount = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "currency", "hour", "import_id", "slot"], name="spending_one_row", nulls_distinct=False
            ),
            models.CheckConstraint(name="spending_is_positive", condition=Q(amount__gt=0)),
        ]
        indexes = [
            models.Index(fields=["user", "hour"], name="spending_of_a_day"),
            models.Index(fields=["import_id"], name="spending_of_import", condition=Q(import_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.hour:%Y-%m-%d %H} {self.amount} {self.currency}"


class WaitingUnit(models.Model):
    """A unit above a limit: not booked until a second person approves it, at most at the amount shown to them.

    `uid_key` is that of WriteOff; of each unit one row waits at a time.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        BOOKED = "booked", _("Written off")
        REJECTED = "rejected", _("Rejected")

    class Why(models.TextChoices):
        UNIT = "over_unit", _("Above the cap per unit")
        IMPORT = "over_import", _("Above the cap per import")
        DAY = "over_day", _("Above the cap per person in 24 hours")
        QUANTITY = "over_quantity", _("More units than the order item has")
        TOGETHER = "over_together", _("Imported together with such a unit")

    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+")
    product = models.ForeignKey("inventory_ops.Product", models.PROTECT, related_name="+")
    sku = models.CharField(_("SKU"), max_length=100)
    uid = models.CharField(_("UID"), max_length=64)
    uid_key = models.CharField(max_length=64)
    shop_item_id = models.CharField(max_length=100, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=30, choices=Reason.choices)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    import_id = models.UUIDField(null=True, blank=True)
    claim = models.OneToOneField("lost_damaged.Claim", models.PROTECT, null=True, blank=True, related_name="waiting")
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("amount"), help_text=_("When it was last judged."))
    why = models.CharField(_("limit"), max_length=15, choices=Why.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.CharField(_("problem"), max_length=500, blank=True, default="")
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    write_off = models.ForeignKey(WriteOff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OfMerchants["WaitingUnit"].as_manager()

    class Meta:
        verbose_name = _("waiting unit")
        verbose_name_plural = _("waiting units")
        constraints = [
            models.UniqueConstraint(fields=["uid_key"], name="waiting_unit_once", condition=Q(state="waiting")),
            models.CheckConstraint(
                name="waiting_unit_approved_by_second_person",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="waiting_unit_state_has_its_facts",
                condition=Q(state="waiting", approved_by=None, rejected_by=None, decided_at=None, write_off=None)
                | Q(
                    state="rejected",
                    approved_by=None,
                    write_off=None,
                    rejected_by__isnull=False,
                    decided_at__isnull=False,
                )
                | Q(
                    state="booked",
                    rejected_by=None,
                    approved_by__isnull=False,
                    decided_at__isnull=False,
                    write_off__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="waiting_unit_open", condition=Q(state="waiting")),
            models.Index(fields=["import_id"], name="waiting_unit_of_import", condition=Q(import_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.uid} · {self.amount} {self.currency}"
