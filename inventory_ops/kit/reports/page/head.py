"""The head of a list page: what it is, its figures, and what can be done with all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.kit.page import Figure
from inventory_ops.kit.reports.figures import Figures
from inventory_ops.kit.reports.report import Link, Report
from inventory_ops.kit.reports.request import PageRequest


@dataclass(slots=True)
class Head:
    """The context `page.head`. `exports` are names with their addresses."""

    title: str
    purpose: str
    steps: list[str]
    breadcrumbs: list[tuple[str, str | None]]
    new_url: str = ""
    new_label: str = ""
    links: list[Link] = field(default_factory=list)
    as_of_text: str = ""
    kpis: list[Figure] = field(default_factory=list)
    exports: list[tuple[str, str]] = field(default_factory=list)
    export_hint: str = ""
    freshness: Any = None
    run_scan_url: str = ""
    behind: Any = None  # the scan that was asked for because the list says otherwise than the last one


def of_report(report: Report, viewer: Any) -> Head:
    """What the head says whatever the address."""
    return Head(
        title=str(report.title),
        purpose=str(report.purpose),
        steps=[str(step) for step in report.steps],
        breadcrumbs=[(str(report.section), None), (str(report.title), None)],
        new_url=report.new_url if not report.new_roles or viewer.has_role(*report.new_roles) else "",
        new_label=str(report.new_label),
        links=[link for link in report.links if viewer.has_role(*link.roles)],
    )


def of(asked: PageRequest, found: Figures) -> Head:
    """The head of the page that was asked for, with its figures."""
    head = of_report(asked.report, asked.viewer)
    if asked.as_of:
        head.as_of_text = _("As of %(moment)s") % {"moment": showing.moment(asked.as_of)}
    head.kpis = [
        Figure(
            label=str(kpi.label),
            value=(shown := found.shown[kpi.key]).text,
            hint=" · ".join(filter(None, [shown.note, str(kpi.hint)])),
            tone=kpi.tone,
            parts=shown.parts,
        )
        for kpi in asked.report.kpis
    ]
    head.exports = [
        (_("CSV"), asked.first_page(_export="csv", per_page=None)),
        (_("Excel (XLSX)"), asked.first_page(_export="xlsx", per_page=None)),
    ]
    return head
