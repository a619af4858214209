"""Findings: report rows seen by a scan, and the work done about them. Scans, their schedule, daily figures, views."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    from inventory_ops.models.users import User


class FindingQuerySet(OfMerchants["Finding"]):
    def unresolved(self) -> FindingQuerySet:
        return self.exclude(state=Finding.State.RESOLVED)


class FindingTotalQuerySet(models.QuerySet["FindingTotal"]):
    def visible_to(self, user: User | None) -> FindingTotalQuerySet:
        """Totals of what `user` may see: of all, or of one merchant."""
        if user is None or user.sees_all_merchants:
            return self.filter(merchant_id__isnull=True)
        return self.filter(merchant_id=user.own_merchant_id)


class Finding(models.Model):
    """One row of a report, by its identity. It is resolved when a scan no longer sees the row, and re-opened."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")

    report = models.CharField(_("report"), max_length=50)
    key = models.CharField(_("key"), max_length=100)
    # the key as what it is in the report's rows: compared with their ids, it needs no cast that hides its statistics
    row_id = models.GeneratedField(
        expression=Case(When(key__regex=r"^[0-9]{1,18}$", then=Cast("key", models.BigIntegerField()))),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    label = models.CharField(_("label"), max_length=300)
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.OPEN)
    value = MoneyField(_("value at risk"), default=0)
    currency = models.CharField(max_length=3, blank=True, db_default="", default="")
    first_seen_at = models.DateTimeField(_("first seen"))
    opened_at = models.DateTimeField(_("opened at"), help_text=_("Of the latest opening."))
    last_seen_at = models.DateTimeField(_("last seen"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    times_opened = models.PositiveIntegerField(_("times opened"), default=1)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="findings"
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True, help_text=_("By when its owner wants it done."))
    snoozed_value = MoneyField(null=True, blank=True, help_text=_("Snoozed until the value is above this."))
    version = models.PositiveIntegerField(default=0, help_text=_("Raised by every change a person makes."))

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(fields=["report", "key"], name="finding_is_one_per_row"),
            models.CheckConstraint(
                name="finding_resolved_has_a_time",
                condition=Q(state="resolved", resolved_at__isnull=False)
                | (~Q(state="resolved") & Q(resolved_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["report", "state", "merchant"], name="finding_of_state", condition=~Q(state="resolved")
            ),
            models.Index(fields=["report", "row_id"], include=["state"], name="finding_of_row"),
            models.Index(fields=["report", "opened_at"], name="finding_by_opening"),
            models.Index(fields=["opened_at", "id"], name="finding_of_all_by_opening"),
            models.Index(fields=["report", "first_seen_at"], name="finding_by_first_sight"),
            models.Index(fields=["report", "resolved_at"], name="finding_by_end", condition=Q(state="resolved")),
            # lists in the order of what was found, and of one owner
            models.Index(
                fields=["report", "first_seen_at", "row_id"], name="finding_by_age", condition=~Q(state="resolved")
            ),
            models.Index(fields=["report", "state", "row_id"], name="finding_by_state", condition=~Q(state="resolved")),
            models.Index(
                fields=["assignee", "report", "row_id"],
                name="finding_of_owner",
                condition=~Q(state="resolved") & Q(assignee__isnull=False),
            ),
            models.Index(
                fields=["report", "due_on", "row_id"],
                name="finding_by_due",
                condition=~Q(state="resolved") & Q(due_on__isnull=False),
            ),
            # what a scan opens again though its row is as it was
            # the largest amount of each currency
            models.Index(
                "report",
                "currency",
                F("value").desc(),
                "id",
                name="finding_by_value",
                condition=Q(state="open", value__gt=0),
            ),
            models.Index(fields=["report", "until"], name="finding_to_wake", condition=Q(until__isnull=False)),
            models.Index(fields=["report"], name="finding_got_worse", condition=Q(value__gt=F("snoozed_value"))),
        ]

    def __str__(self) -> str:
        return self.label


class FindingTotal(models.Model):
    """How many findings there are of a report, merchant, state and currency, and their value: the sum of all such
    rows.

    Triggers add a row for every statement that changes it, so that nobody waits for somebody else's scan; the scans
    add them up to one. Without merchant: of all findings of the report.
    """

    report = models.CharField(max_length=50)
    merchant_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=20)
    currency = models.CharField(max_length=3, blank=True, db_default="", default="")
    count = models.BigIntegerField()
    value = models.DecimalField(max_digits=38, decimal_places=4)

    objects = FindingTotalQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["merchant_id", "report", "state"],
                include=["currency", "count", "value"],
                name="finding_total_by_currency",
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.state} {self.count}"


class FindingEvent(models.Model):
    """One thing that happened to a finding. `value` is the money at risk then, as the scan or the person saw it."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=254, blank=True)
    kind = models.CharField(max_length=20)
    text = models.CharField(max_length=1000, blank=True)
    value = MoneyField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["finding", "-at"], name="finding_event_of_finding")]

    def __str__(self) -> str:
        return f"{self.kind} {self.text}".strip()


class ScanSchedule(models.Model):
    """How often a scan runs; administrators change it."""

    name = models.CharField(_("scan"), max_length=50, unique=True)
    every = models.DurationField(_("every"))
    is_enabled = models.BooleanField(_("enabled"), default=True)
    next_at = models.DateTimeField(_("next run"), default=timezone.now)

    class Meta:
        verbose_name = _("scan schedule")
        verbose_name_plural = _("scan schedules")
        constraints = [
            models.CheckConstraint(name="scan_runs_at_most_once_a_minute", condition=Q(every__gte=timedelta(minutes=1)))
        ]

    def __str__(self) -> str:
        return self.name


class ScanRun(models.Model):
    """One run of a scan."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    name = models.CharField(_("scan"), max_length=50)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.RUNNING)
    as_of = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.CharField(max_length=254, blank=True)

    class Meta:
        verbose_name = _("scan run")
        verbose_name_plural = _("scan runs")
        indexes = [models.Index(fields=["name", "-started_at"], name="scan_run_newest")]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class ReportDay(models.Model):
    """Unresolved findings and their value at the end of a day (UTC), of all merchants (NULL) and of each."""

    report = models.CharField(max_length=50)
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.CASCADE, null=True, related_name="+", db_constraint=False
    )
    day = models.DateField()
    open_count = models.PositiveIntegerField()
    # in the shop's currency, by the rates of the day; none where one was missing
    value = MoneyField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "merchant", "day"], name="report_day_is_one", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.day}"


class ReportFigure(models.Model):
    """A figure above a report's list at the end of a day (UTC), by the key of its Kpi: of all merchants (NULL) and of
    each. Of reports without a window, whose past nothing else says; kept for some weeks."""

    report = models.CharField(max_length=50)
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.CASCADE, null=True, related_name="+", db_constraint=False
    )
    day = models.DateField()
    key = models.CharField(max_length=50)
    value = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "day", "key", "merchant"], name="report_figure_is_one", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.key} {self.day}"


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> SavedViewQuerySet:
        """Own views, those for everybody, and those for the role; sellers share with their own merchant alone."""
        group = Q(scope=SavedView.Scope.GROUP, role=user.role)
        if not user.sees_all_merchants:
            group &= Q(owner__merchant=user.own_merchant_id)
        return self.filter(Q(owner=user) | Q(scope=SavedView.Scope.ALL) | group)

    def managed_by(self, user: User) -> SavedViewQuerySet:
        """Those that `user` may change or delete: own ones; administrators also what others share."""
        mine = Q(owner=user)
        return self.filter(mine | ~Q(scope=SavedView.Scope.ME) if user.has_role("admin") else mine)


class SavedView(models.Model):
    """A name for a list's filters, sort and columns: the owner's, a role's, or everybody's.

    Which view opens a list is each person's own choice and kept with their preferences.
    """

    class Scope(models.TextChoices):
        ME = "me", _("Only me")
        GROUP = "group", _("My group")
        ALL = "all", _("Everybody")

    report = models.CharField(max_length=50)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.ME)
    role = models.CharField(max_length=20, blank=True, help_text=_("Whose view it is with scope group."))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    columns = models.JSONField(default=list, blank=True)  # keys in the order of the page
    widths = models.JSONField(default=dict, blank=True, db_default={})  # pixels by key, of those that were sized
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "owner", "name"], name="saved_view_name_is_unique"),
            models.CheckConstraint(name="saved_view_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="saved_view_scope_is_known", condition=Q(scope__in=["me", "group", "all"])),
        ]

    def __str__(self) -> str:
        return self.name
