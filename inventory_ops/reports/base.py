"""An Action Required report: its rows carry the state of the finding that a scan made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from inventory_ops.kit.charts import Chart
from inventory_ops.kit.db import replica
from inventory_ops.kit.reports import Breakdown, Earlier, Lead, Scope, Selection
from inventory_ops.kit.reports.columns import Row
from inventory_ops.kit.viewer import Viewer
from inventory_ops.models import Finding, User
from inventory_ops.models.issues import IssueRow
from inventory_ops.operations import issues
from inventory_ops.queries.findings import identity_key
from inventory_ops.reports import finding_pictures, workflow
from inventory_ops.reports.freshness import ScannedReport
from inventory_ops.reports.workflow import WorkflowFilters

__all__ = ["ActionReport", "WorkflowFilters"]

_A_KEY = "9700000013"
FEW = 1_000  # findings whose rows are asked for by id


@cache
def _around_a_key(slug: str) -> tuple[str, str]:
    """The address of a finding before and after its key: a list has one in each row."""
    before, after = reverse("finding", args=[slug, _A_KEY]).split(_A_KEY)
    return before, after


class ActionReport(ScannedReport):
    """Base of the Action Required reports. Subclasses give `issues(scope)` in place of `rows(scope)`."""

    has_workflow = True
    less_is_better = True
    guarded: ClassVar[bool] = False  # would the price guard have kept its rows out?
    about: ClassVar[str] = "product"  # what the rows' ids are ids of: product, item (of an order) or order
    table: ClassVar[type[IssueRow] | None] = None  # keeps the rows of `issues`, as long as `is_kept`

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        (name,) = cls.identity
        cls.columns = (*cls.columns, *workflow.of_report(cls.slug, name))

    @cached_property
    def by_owner(self) -> Breakdown:
        (name,) = self.identity
        return workflow.by_owner(self.slug, name)

    def groupings(self, viewer: Viewer) -> Sequence[Breakdown]:
        return [*super().groupings(viewer), *([self.by_owner] if viewer.sees_all_merchants else [])]

    opens_rows = True
    scanned: ClassVar[Mapping[str, str]] = {"finding": workflow.ALL}
    bulk_group = "findings"

    @cached_property
    def bulk_url(self) -> str:
        return reverse("findings-bulk", args=[self.slug])

    def row_url(self, row: Row) -> str:
        (name,) = self.identity
        before, after = _around_a_key(self.slug)
        return f"{before}{row[name]}{after}"

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
        rows, wanted = self.issues(scope), scope.params
        if not wanted.get("finding"):
            # out of the way until somebody asks for it: the menu counts what is left
            (name,) = self.identity
            snoozed = Finding.objects.filter(report=self.slug, state=Finding.State.SNOOZED, row_id=OuterRef(name))
            rows = rows.exclude(Exists(snoozed))
        given = {name for name in workflow.NAMES if wanted.get(name) not in (None, "", workflow.ALL)}
        if not given:
            return rows
        if given == {"owner"} and wanted["owner"] == workflow.NOBODY:
            return rows.exclude(self._has_finding(Q(assignee__isnull=False)))
        return rows.filter(self._has_finding(workflow.condition(wanted, viewer=scope.viewer, as_of=scope.as_of)))

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
        if key == "due":
            return Lead(found.filter(due_on__isnull=False), "due_on")
        if key != "owner":
            return Lead(found, {"first_seen": "first_seen_at", "finding": "state"}[key])
        owned = found.filter(assignee__isnull=False)
        owners = User.objects.using(replica.alias()).filter(Exists(owned.filter(assignee=OuterRef("pk"))))
        names = owners.order_by("name", "pk").values_list("pk", flat=True)
        return Lead(owned, "assignee_id", {str(pk): Q(assignee=pk) for pk in names})

    @property
    def has_pictures(self) -> bool:
        return True

    def earlier(self, selection: Selection) -> Earlier | None:
        """Of the whole list, what the scans kept a week ago."""
        given = {name for name, value in selection.scope.params.items() if value not in (None, "", [])}
        if given - {*self.filterset_class.defaults}:
            return None
        return finding_pictures.week_before(self, selection.scope)

    def more_pictures(self, scope: Scope) -> Sequence[Chart]:
        return finding_pictures.of_report(self.slug, scope)

    def look_up(self, rows: Sequence[dict[str, Any]], *, viewer: Viewer | None) -> None:
        (name,) = self.identity
        workflow.look_up(self.slug, name, rows, viewer)
