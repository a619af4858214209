"""Claims of sellers: units they miss, with evidence, until finance decides."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.visibility import OfMerchants
from lost_damaged.models.write_offs import Reason, WriteOff


class Claim(models.Model):
    """One unit that a seller says was lost or damaged. Accepting it writes the unit off, once and forever.

    `uid_key` is that of WriteOff, '' while nobody knows the UID; of a known one a single claim is open at a time.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.CharField(_("number"), max_length=20, unique=True)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+")
    product = models.ForeignKey("inventory_ops.Product", models.PROTECT, related_name="+")
    order_item = models.ForeignKey("inventory_ops.OrderItem", models.PROTECT, null=True, blank=True, related_name="+")
    uid = models.CharField(_("UID"), max_length=64, blank=True, default="")
    uid_key = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(_("what happened"), max_length=30, choices=Reason.choices)
    happened_on = models.DateField(_("happened on"))
    text = models.TextField(_("story"), max_length=2000)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=2000, blank=True, default="")
    write_off = models.OneToOneField(WriteOff, models.PROTECT, null=True, blank=True, related_name="claim")

    objects = OfMerchants["Claim"].as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                fields=["uid_key"], name="claim_one_open_per_uid", condition=Q(state="open") & ~Q(uid_key="")
            ),
            models.CheckConstraint(
                name="claim_accepted_has_its_write_off",
                condition=Q(state="accepted", write_off__isnull=False)
                | (~Q(state="accepted") & Q(write_off__isnull=True)),
            ),
            models.CheckConstraint(
                name="claim_decided_has_its_moment",
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="claim_decided_by_second_person",
                condition=Q(state__in=["open", "withdrawn"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("opened_by"))),
            ),
            models.CheckConstraint(name="claim_reason_is_known", condition=Q(reason__in=Reason.values)),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="claim_of_merchant"),
            models.Index(fields=["id"], name="claim_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return self.number


class ClaimFile(models.Model):
    """Evidence: a picture or PDF, kept under a random name outside the web root."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="files")
    name = models.CharField(_("name"), max_length=150)
    stored_name = models.CharField(max_length=40, unique=True)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")
        constraints = [models.CheckConstraint(name="claim_file_is_named", condition=~Q(name=""))]

    def __str__(self) -> str:
        return self.name
