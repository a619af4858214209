"""The list of imports."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, columns, filters, register
from inventory_ops.models import Import
from inventory_ops.queries import imports
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS


class Filters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("file_name", "kind"))
    state = django_filters.ChoiceFilter(choices=Import.State.choices, label=_("State"), empty_label=_("Any"))
    kind = django_filters.CharFilter(label=_("Kind"), max_length=50)


@register
class Imports(Report):
    slug = "imports"
    title = _("Imports")
    short_title = _("Imports")
    section = _("Inventory")
    purpose = _("Files that were uploaded here or loaded on the command line, and the outcome.")
    path = "/imports/"
    icon = "file-upload"
    new_url = reverse_lazy("import-new")
    new_label = _("New import")
    roles = frozenset({OPERATIONS, FINANCE, ADMIN})
    currency = None
    merchant_path = None
    columns = (
        columns.Text(
            key="file",
            header="File",
            sub="kind",
            expression="file_name",
            link=to("import", "pk"),
        ),
        columns.Text(key="kind", header="Kind", on_page=False),
        columns.Choice(
            key="state",
            header="State",
            words=dict(Import.State.choices),
            tones={
                "asking": "warning",
                "checking": "warning",
                "checked": "neutral",
                "applying": "warning",
                "done": "good",
                "failed": "critical",
                "discarded": "neutral",
            },
            css="m-right",
        ),
        columns.Integer(key="rows", header="Rows", expression="rows_total"),
        columns.Integer(key="new", header="New", expression="rows_new", css="m-hide"),
        columns.Integer(key="changed", header="Changed", expression="rows_changed", css="m-hide"),
        columns.Integer(key="unchanged", header="Unchanged", expression="rows_unchanged", css="m-hide"),
        columns.Integer(key="failed", header="With Errors", expression="rows_failed"),
        columns.Text(key="by", header="By", expression="created_by__email", nullable=True, visible=False),
        columns.Moment(key="created_at", header="Created"),
    )
    filterset_class = Filters
    default_sort = "-created_at"
    empty_title = _("No imports yet")
    empty_text = _("Upload a file with “New import”, or load files with manage.py load.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return imports.visible_to(scope.viewer).exclude(kind="")
