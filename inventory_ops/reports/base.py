"""An Action Required report: its rows carry the state of the finding that a scan made of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet, Subquery
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import Report, Scope, columns, filters
from inventory_ops.models import Finding
from inventory_ops.queries.findings import identity_key
from inventory_ops.shell import initials
from inventory_ops.templatetags import ui

STATE_TONES = {"open": "critical", "acknowledged": "neutral", "snoozed": "warning", "resolved": "good"}


class WorkflowFilters(django_filters.FilterSet):
    """Filters by the state of a row's finding; mixed into the filters of each action report."""

    finding = filters.ScopeFilter(
        choices=[
            ("open", _("Open")),
            ("acknowledged", _("Acknowledged")),
            ("snoozed", _("Snoozed")),
            ("new", _("New since yesterday")),
        ],
        label=_("Status"),
        empty_label=_("Any"),
    )
    owner = filters.ScopeFilter(
        choices=[("me", _("Me")), ("nobody", _("Nobody"))], label=_("Owner"), empty_label=_("Anybody")
    )


def _age(row: Any) -> str:
    return ui.ago(row["c_first_seen"], timezone.now()) if row["c_first_seen"] else ""


def _owner(row: Any) -> str:
    name = row["c_owner"]
    return f'<span class="avatar-initials" title="{escape(name)}">{escape(initials(name))}</span>' if name else ""


WORKFLOW_COLUMNS = (
    columns.Custom(
        key="first_seen",
        header="First Seen",
        label=_("First seen"),
        expression="finding_first_seen",
        draw=_age,
        exported=False,
        nullable=True,
        css="m-hide",
    ),
    columns.Choice(
        key="finding",
        header="Status",
        label=_("Finding"),
        expression="finding_state",
        words=dict(Finding.State.choices),
        tones=STATE_TONES,
        exported=False,
        nullable=True,
        css="m-right",
    ),
    columns.Custom(
        key="owner",
        header="Owner",
        label=_("Owner"),
        expression="finding_owner",
        draw=_owner,
        exported=False,
        nullable=True,
        css="m-hide",
    ),
)


class ActionReport(Report):
    """Base of the Action Required reports. Subclasses give `issues(scope)` in place of `rows(scope)`."""

    has_workflow = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.columns = (*cls.columns, *WORKFLOW_COLUMNS)

    def issues(self, scope: Scope) -> QuerySet[Any]:
        """All rows that `scope.viewer` may see."""
        raise NotImplementedError

    def rows(self, scope: Scope) -> QuerySet[Any]:
        def of_finding(field: str) -> Subquery:
            found = Finding.objects.filter(report=self.slug, key=identity_key(self, outer=True))
            return Subquery(found.values(field)[:1])

        rows = self.issues(scope).annotate(
            finding_state=of_finding("state"),
            finding_first_seen=of_finding("first_seen_at"),
            finding_owner=of_finding("assignee__name"),
        )
        wanted, owner = scope.params.get("finding"), scope.params.get("owner")
        if wanted == "new":
            rows = rows.annotate(finding_opened=of_finding("opened_at"))
            rows = rows.filter(finding_opened__gt=scope.as_of - timedelta(days=1))
        elif wanted:
            rows = rows.filter(finding_state=wanted)
        if owner:
            rows = rows.annotate(finding_assignee=of_finding("assignee"))
            mine = scope.viewer.pk if scope.viewer else 0
            rows = rows.filter(finding_assignee=mine) if owner == "me" else rows.filter(finding_assignee__isnull=True)
        return rows
