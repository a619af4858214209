"""An Action Required report: its rows carry the state of the finding that a scan made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, Subquery, TextField
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import markup
from inventory_ops.kit.db import replica
from inventory_ops.kit.markup import initials
from inventory_ops.kit.reports import Lead, Scope, columns, filters
from inventory_ops.models import Finding, User
from inventory_ops.models.issues import IssueRow
from inventory_ops.operations import issues
from inventory_ops.queries.findings import identity_key
from inventory_ops.reports.freshness import ScannedReport

FEW = 1_000  # findings whose rows are asked for by id
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
    return markup.ago(row["c_first_seen"], timezone.now()) if row["c_first_seen"] else ""


def _owner(row: Any) -> str:
    name = row["c_owner"]
    return f'<span class="avatar-initials" title="{escape(name)}">{escape(initials(name))}</span>' if name else ""


def _workflow_columns(report: type[ActionReport]) -> tuple[columns.Column, ...]:
    """What a scan made of a row. Looked up for the rows of a page: in the report's query it would be read for all.

    Rows are ordered by what is not resolved, and by its row where that is the same.
    """

    def order(*fields: str, **given: Any) -> Subquery:
        (name,) = report.identity
        found = Finding.objects.unresolved().filter(report=report.slug, row_id=OuterRef(name), **given)
        return Subquery(found.values(order=Func(*fields, "row_id", function="ROW", output_field=TextField()))[:1])

    return (
        columns.Custom(
            key="first_seen",
            header="First Seen",
            label=_("First seen"),
            expression=order("first_seen_at"),
            draw=_age,
            exported=False,
            nullable=True,
            late=True,
            css="m-hide",
        ),
        columns.Choice(
            key="finding",
            width=100,
            header="Status",
            label=_("Finding"),
            expression=order("state"),
            words=dict(Finding.State.choices),
            tones=STATE_TONES,
            exported=False,
            nullable=True,
            late=True,
            css="m-right",
        ),
        columns.Custom(
            key="owner",
            width=60,
            header="Owner",
            label=_("Owner"),
            expression=order("assignee__name", "assignee_id", assignee__isnull=False),
            draw=_owner,
            exported=False,
            nullable=True,
            late=True,
            css="m-hide",
        ),
    )


class ActionReport(ScannedReport):
    """Base of the Action Required reports. Subclasses give `issues(scope)` in place of `rows(scope)`."""

    has_workflow = True
    table: ClassVar[type[IssueRow] | None] = None  # keeps the rows of `issues`, as long as `is_kept`

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.columns = (*cls.columns, *_workflow_columns(cls))

    bulk_group = "findings"

    @property
    def bulk_url(self) -> str:
        return reverse("findings-bulk", args=[self.slug])

    @property
    def bulk_key(self) -> Any:
        return identity_key(self)

    def issues(self, scope: Scope) -> QuerySet[Any]:
        """All rows that `scope.viewer` may see: of `table` when `scope.kept` says that it is right, else live."""
        raise NotImplementedError

    def is_kept(self, scope: Scope) -> bool:
        """Are the rows that the scope asks for those that the table is kept for?"""
        return True

    def prepare(self, scope: Scope) -> Scope:
        if self.table is None or not self.is_kept(scope):
            return scope
        return replace(scope, kept=issues.right_at(self.slug, as_of=scope.as_of, using=replica.alias(), scan=self.scan))

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows = self.issues(scope)
        wanted, owner = scope.params.get("finding"), scope.params.get("owner")
        if not wanted and not owner:
            return rows
        if not wanted and owner == "nobody":
            return rows.exclude(self._has_finding(Q(assignee__isnull=False)))
        condition = Q()
        if wanted == "new":
            condition &= Q(opened_at__gt=scope.as_of - timedelta(days=1))
        elif wanted:
            condition &= Q(state=wanted)
        if owner == "me":
            condition &= Q(assignee=scope.viewer.pk if scope.viewer else 0)
        elif owner:
            condition &= Q(assignee__isnull=True)
        return rows.filter(self._has_finding(condition))

    def _has_finding(self, condition: Q) -> Q:
        """Is there a finding of the row that meets the condition?

        Few findings lead to their rows. Where there are more than that, the planner has to choose: most of a list is
        read in its order, each row asking for its own finding, until the page is full.
        """
        (name,) = self.identity
        found = Finding.objects.using(replica.alias()).filter(condition, report=self.slug)
        few = list(found.filter(row_id__isnull=False).values_list("row_id", flat=True)[: FEW + 1])
        if len(few) > FEW:
            return Q(Exists(found.filter(row_id=OuterRef(name))))
        return Q(**{f"{name}__in": few or [0]})  # no row has the key 0

    def lead(self, key: str) -> Lead:
        found = Finding.objects.unresolved().filter(report=self.slug)
        if key != "owner":
            return Lead(found, {"first_seen": "first_seen_at", "finding": "state"}[key])
        owned = found.filter(assignee__isnull=False)
        owners = User.objects.using(replica.alias()).filter(Exists(owned.filter(assignee=OuterRef("pk"))))
        names = owners.order_by("name", "pk").values_list("pk", flat=True)
        return Lead(owned, "assignee_id", {str(pk): Q(assignee=pk) for pk in names})

    def look_up(self, rows: Sequence[dict[str, Any]]) -> None:
        (name,) = self.identity
        found = Finding.objects.filter(report=self.slug, key__in=[str(row[name]) for row in rows])
        by_key = {key: values for key, *values in found.values_list("key", "first_seen_at", "state", "assignee__name")}
        for row in rows:
            first_seen, state, owner = by_key.get(str(row[name]), (None, None, None))
            row |= {"c_first_seen": first_seen, "c_finding": state, "c_owner": owner}
