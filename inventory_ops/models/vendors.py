"""What vendors were asked about findings of theirs, and what they answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.visibility import OfMerchants


class VendorRequest(models.Model):
    """One finding that was sent to its vendor. It waits until it is answered; of a finding one waits at a time."""

    class Answer(models.TextChoices):
        WILL_FIX = "will_fix", _("Will be fixed")
        NOT_OURS = "not_ours", _("Not ours")

    finding = models.ForeignKey("inventory_ops.Finding", models.CASCADE, related_name="requests")
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices, blank=True, default="")
    fix_by = models.DateField(_("will be fixed by"), null=True, blank=True)
    text = models.CharField(_("answer in words"), max_length=500, blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = OfMerchants["VendorRequest"].as_manager()

    class Meta:
        verbose_name = _("request to a vendor")
        verbose_name_plural = _("requests to vendors")
        constraints = [
            models.UniqueConstraint(
                fields=["finding"], name="vendor_request_one_waits_per_finding", condition=Q(answer="")
            ),
            models.CheckConstraint(
                name="vendor_request_answer_has_its_facts",
                condition=Q(answer="", answered_at=None, answered_by=None, fix_by=None)
                | Q(answer="will_fix", answered_at__isnull=False, answered_by__isnull=False, fix_by__isnull=False)
                | (
                    Q(answer="not_ours", answered_at__isnull=False, answered_by__isnull=False, fix_by=None)
                    & ~Q(text="")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-asked_at"], name="vendor_request_of_merchant"),
            models.Index(fields=["asked_at"], name="vendor_request_waiting", condition=Q(answer="")),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.answer}".strip()
