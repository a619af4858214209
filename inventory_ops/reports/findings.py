"""Findings of all reports as what they are, resolved ones too: what changed in a period, or since a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.markup import escape
from inventory_ops.kit.reports import Report, Scope, View, Window, columns, filters, register, registry
from inventory_ops.models import Finding
from inventory_ops.queries import finding_trend
from inventory_ops.reports.workflow import STATE_TONES, SinceFilter, since_of

CHANGES = {
    "opened": _("Opened"),
    "new": _("Opened for the first time"),
    "reopened": _("Opened again"),
    "resolved": _("Resolved"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfReport(columns.Text):
    """The report of a finding by its title."""

    def html(self, row: columns.Row) -> str:
        report = registry.find(row[self.alias])
        return escape(str(report.short_title or report.title) if report else row[self.alias])


def _reports() -> list[tuple[str, Any]]:
    return [(each.slug, each.short_title or each.title) for each in registry if each.scan and each.in_menu]


class Filters(filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("label",))
    of = django_filters.ChoiceFilter(
        field_name="report", choices=lazy(_reports, list)(), label=_("Report"), empty_label=_("Any")
    )
    change = filters.ScopeFilter(choices=list(CHANGES.items()), label=_("What happened"), empty_label=_("Any"))
    state = django_filters.ChoiceFilter(choices=Finding.State.choices, label=_("Status"), empty_label=_("Any"))
    since = SinceFilter(help_text=_("A moment like 2026-11-22T09:30:00Z, in place of the period."))
    defaults = {"window": "30d", "change": "opened"}


def changed(change: str, window: Window) -> Q:
    """Findings to which something happened in a window."""
    if change == "resolved":
        return Q(**finding_trend.resolved_in(window))
    if change == "new":
        return Q(first_seen_at__gt=window.start, first_seen_at__lte=window.end)
    found = Q(**finding_trend.opened_in(window))
    return found & Q(first_seen_at__lte=window.start) if change == "reopened" else found


@register
class Findings(Report):
    slug = "all-findings"
    title = _("Findings")
    purpose = _("What scans found, opened again and saw resolved, whether a list shows it now or not.")
    not_loaded = _("It shows what scans found. To change that, change the data that they look at.")
    path = "/action-required/findings/"
    in_menu = False
    icon = "history"
    columns = (
        columns.Moment(key="opened_at", header="Opened", label=_("Opened")),
        columns.Text(
            key="label",
            header="Finding",
            label=_("Finding"),
            width=160,
            link=lambda row: reverse("finding", args=[row["c_report"], row["c_name"]]),
            sortable=False,
        ),
        columns.Text(key="name", header="Row", expression="key", sortable=False, on_page=False),
        OfReport(key="report", header="Report", label=_("Report"), sortable=False, css="m-hide"),
        columns.Choice(
            key="state",
            header="Status",
            label=_("Status"),
            words=dict(Finding.State.choices),
            tones=STATE_TONES,
            sortable=False,
            css="m-right",
        ),
        columns.Money(key="value", header="Value at Risk", label=_("Value at risk"), sortable=False),
        columns.Moment(
            key="first_seen", header="First Seen", label=_("First seen"), expression="first_seen_at", sortable=False
        ),
        columns.Moment(
            key="resolved_at",
            header="Resolved",
            label=_("Resolved"),
            nullable=True,
            sortable=False,
        ),
        columns.Integer(
            key="times_opened",
            header="Times Opened",
            label=_("Times opened"),
            sortable=False,
            visible=False,
        ),
    )
    row_keys = ("report", "name")
    filterset_class = Filters
    search_placeholder = _("Filter by name")
    default_sort = "-opened_at"
    currency = "currency"
    views = (
        View(_("New"), "change=new"),
        View(_("Opened again"), "change=reopened"),
        View(_("Resolved"), "change=resolved"),
    )
    empty_title = _("No finding matches")
    empty_text = _("Choose a longer period, or clear the filters.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        readable = [each.slug for each in registry if each.scan and each.allows(scope.viewer)]
        found: QuerySet[Any] = Finding.objects.visible_to(scope.viewer).filter(report__in=readable)
        since = since_of(scope.params)
        window = Window(since, scope.as_of) if since else scope.window
        return found.filter(changed(scope.params["change"], window)) if window and scope.params["change"] else found

    def row_label(self, row: Any) -> str:
        return str(row["c_label"])
