"""Rules for findings: what is done when one opens."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AutomationRule(models.Model):
    """When a finding of a report (of a vendor, of a brand) opens: give it an owner, snooze it, notify somebody.

    Where several rules are about a finding, the first by `position` that says something of the owner decides over the
    owner, and so for snoozing; all of them notify.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveIntegerField(_("order"))
    is_enabled = models.BooleanField(_("enabled"), default=True)
    report = models.CharField(_("report"), max_length=50)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.CASCADE, null=True, blank=True, related_name="+")
    brand = models.CharField(_("brand"), max_length=200, blank=True, default="")
    assign_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    snooze_days = models.PositiveIntegerField(_("snooze for days"), null=True, blank=True)
    notify = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(_("made at"), default=timezone.now)

    class Meta:
        verbose_name = _("rule for findings")
        verbose_name_plural = _("rules for findings")
        constraints = [
            models.CheckConstraint(
                name="automation_rule_does_something",
                condition=Q(assign_to__isnull=False) | Q(snooze_days__isnull=False) | Q(notify__isnull=False),
            ),
            models.CheckConstraint(
                name="automation_rule_snoozes_for_days",
                condition=Q(snooze_days__isnull=True) | Q(snooze_days__range=(1, 365)),
            ),
            models.CheckConstraint(name="automation_rule_has_a_name", condition=~Q(name="")),
            models.UniqueConstraint(
                fields=["position"], name="automation_rule_order", deferrable=models.Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return self.name
