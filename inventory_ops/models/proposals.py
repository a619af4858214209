"""Changes of rules that money depends on: proposed by one, in force when a second one approves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Proposal(models.Model):
    """One change of a factor, cap, price guard or period lock. What was proposed never changes (see migration 0030).

    `kind` names the rule (see operations.proposals), `merchant` and `subject` whose it is; `before` is what was in
    force when it was proposed. An approved one that has not begun can still be withdrawn.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second person")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    kind = models.CharField(_("rule"), max_length=30)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, null=True, blank=True, related_name="+")
    subject = models.CharField(_("for"), max_length=50, blank=True, default="")
    values = models.JSONField(_("new"))
    before = models.JSONField(_("old"), default=dict)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True, help_text=_("Empty: once approved."))
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("rejected or withdrawn at"), null=True, blank=True)
    made_id = models.BigIntegerField(null=True, blank=True, help_text=_("The row that the approval made."))

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        constraints = [
            models.CheckConstraint(
                name="proposal_approved_by_second_person",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="proposal_state_has_its_facts",
                condition=Q(state="proposed", approved_by=None, approved_at=None, ended_by=None, ended_at=None)
                | Q(
                    state="approved", approved_by__isnull=False, approved_at__isnull=False, ended_by=None, ended_at=None
                )
                | Q(state__in=["rejected", "withdrawn"], ended_by__isnull=False, ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["kind", "merchant", "subject"],
                name="proposal_one_waits_per_rule",
                condition=Q(state="proposed"),
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="proposal_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
