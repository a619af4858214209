"""The list of jobs: exports, imports, bulk actions."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, columns, filters, register
from inventory_ops.models import Job


class Filters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("title",))
    state = django_filters.ChoiceFilter(choices=Job.State.choices, label=_("State"), empty_label=_("Any"))
    kind = django_filters.CharFilter(label=_("Kind"), max_length=50)


@register
class Jobs(Report):
    slug = "jobs"
    title = _("Jobs")
    short_title = _("Jobs")
    section = _("System")
    purpose = _("Everything long: exports, imports, bulk actions. Administrators see all, others their own.")
    path = "/jobs/"
    icon = "history"
    currency = None
    columns = (
        columns.Text(key="title", header="Title", sub="kind", link=to("job", "pk")),
        columns.Text(key="kind", header="Kind", on_page=False),
        columns.Choice(
            key="state",
            header="State",
            words=dict(Job.State.choices),
            tones={
                "queued": "neutral",
                "running": "warning",
                "done": "good",
                "failed": "critical",
                "cancelled": "neutral",
            },
            css="m-right",
        ),
        columns.Integer(key="done", header="Done", expression="done_count", css="m-hide"),
        columns.Integer(key="total", header="Of", expression="total_count", nullable=True, css="m-hide"),
        columns.Integer(key="failed", header="Failed", expression="failed_count", css="m-hide"),
        columns.Text(key="message", header="Message", css="m-hide", sortable=False),
        columns.Moment(key="created_at", header="Created"),
        columns.Moment(key="finished_at", header="Finished", nullable=True, css="m-hide"),
        columns.Text(key="by", header="By", expression="created_by__email", nullable=True, css="m-hide"),
    )
    filterset_class = Filters
    default_sort = "-created_at"
    empty_title = _("No jobs yet")
    empty_text = _("Large exports, imports and bulk actions appear here while they run and after.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return Job.objects.visible_to(scope.viewer)
