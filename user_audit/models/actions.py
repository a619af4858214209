"""Actions on users: a job with a frozen list of subjects, an item for each, and the journal of every step."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    DISABLE_AWS = "disable-aws", _("Disable in AWS")
    ENABLE_AWS = "enable-aws", _("Enable in AWS")
    DELETE_AWS = "delete-aws", _("Delete from AWS")
    DISABLE_DB = "disable-db", _("Disable in Database")
    ENABLE_DB = "enable-db", _("Enable in Database")
    DELETE_DB = "delete-db", _("Delete from Database")
    DELETE_BOTH = "delete-both", _("Delete from AWS and DB")


class ActionJob(models.Model):
    """One action on one or more identities. The list is frozen when the job is made."""

    class State(models.TextChoices):
        AWAITING = "awaiting", _("Awaiting approval")
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        REJECTED = "rejected", _("Rejected")
        EXPIRED = "expired", _("Approval expired")

    FINAL = (State.DONE, State.CANCELLED, State.REJECTED, State.EXPIRED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=500)
    waive_grace = models.BooleanField(_("without the grace time"), default=False)
    plan_hash = models.CharField(max_length=64)
    idempotency_key = models.CharField(max_length=64, unique=True)
    message = models.TextField(_("message"), blank=True, default="")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("user action")
        verbose_name_plural = _("user actions")
        constraints = [
            models.CheckConstraint(
                name="nobody_approves_their_own_request",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
            ),
        ]
        indexes = [models.Index(fields=["-requested_at"], name="action_job_newest")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.id}"


class ActionItem(models.Model):
    """One identity of a job, with its outcome. It names the subject in text: it outlives the user."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        SCHEDULED = "scheduled", _("Waiting for the end of the grace time")
        DONE = "done", _("Done")
        NOOP = "noop", _("Nothing to do")
        PARTIAL = "partial", _("Partly done")
        REFUSED = "refused", _("Refused")
        RETRY = "retry", _("Failed, can be retried")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (State.WAITING, State.RUNNING, State.SCHEDULED)

    job = models.ForeignKey(ActionJob, models.PROTECT, related_name="items")
    subject = models.CharField(_("identity"), max_length=300)
    label = models.CharField(_("user"), max_length=254)
    user_id = models.BigIntegerField(null=True, blank=True)
    iam_user_id = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(_("outcome"), max_length=10, choices=State.choices, default=State.WAITING)
    message = models.TextField(_("message"), blank=True, default="")
    request_ids = ArrayField(models.TextField(), default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("user of an action")
        verbose_name_plural = _("users of an action")
        constraints = [models.UniqueConstraint(fields=["job", "subject"], name="one_item_per_subject")]
        indexes = [
            models.Index(
                fields=["job", "id"],
                name="action_item_open",
                condition=Q(state__in=["waiting", "running", "scheduled"]),
            ),
            models.Index(fields=["user_id"], name="action_item_user"),
            models.Index(fields=["iam_user_id"], name="action_item_iam_user"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.state}"


class ActionStep(models.Model):
    """The journal, append-only: one row before and one after each write."""

    item = models.ForeignKey(ActionItem, models.PROTECT, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    step = models.CharField(max_length=40)
    target = models.CharField(max_length=2100)
    result = models.TextField(blank=True, default="", help_text=_("Empty: about to be tried."))
    request_id = models.CharField(max_length=128, blank=True, default="")

    class Meta:
        verbose_name = _("step of an action")
        verbose_name_plural = _("steps of an action")

    def __str__(self) -> str:
        return f"{self.step} {self.target}"
