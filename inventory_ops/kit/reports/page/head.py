"""The head of a list page: what it is, its figures, and what can be done with all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.kit.page import Compared, Figure
from inventory_ops.kit.reports.figures import Figures
from inventory_ops.kit.reports.report import Link, Report
from inventory_ops.kit.reports.request import PageRequest


@dataclass(frozen=True, slots=True)
class StepShown:
    """A line of the checklist; `url` is where it leads, if anywhere."""

    number: int
    text: str
    url: str
    is_done: bool


@dataclass(slots=True)
class Head:
    """The context `page.head`. `exports` are names with their addresses."""

    title: str
    purpose: str
    steps: list[StepShown]
    breadcrumbs: list[tuple[str, str | None]]
    new_url: str = ""
    new_label: str = ""
    links: list[Link] = field(default_factory=list)
    as_of_text: str = ""
    kpis: list[Figure] = field(default_factory=list)
    exports: list[tuple[str, str]] = field(default_factory=list)
    steps_url: str = ""
    export_hint: str = ""
    freshness: Any = None
    run_scan_url: str = ""
    behind: Any = None  # the scan that was asked for because the list says otherwise than the last one

    @property
    def steps_left(self) -> str:
        """“2 of 6 done”, while somebody is at it."""
        done = sum(step.is_done for step in self.steps)
        if not 0 < done < len(self.steps):
            return ""
        return _("%(done)d of %(all)d done") % {"done": done, "all": len(self.steps)}


def of_report(report: Report, viewer: Any) -> Head:
    """What the head says whatever the address."""
    return Head(
        title=str(report.title),
        purpose=str(report.purpose),
        steps=list(_steps(report, viewer)),
        steps_url=reverse("report-steps", args=[report.slug]) if report.steps else "",
        breadcrumbs=[(str(report.section), None), (str(report.title), None)],
        new_url=report.new_url if not report.new_roles or viewer.has_role(*report.new_roles) else "",
        new_label=str(report.new_label),
        links=[link for link in report.links if viewer.has_role(*link.roles)],
    )


def _steps(report: Report, viewer: Any) -> Iterator[StepShown]:
    done = (viewer.preferences or {}).get("reports", {}).get(report.slug, {}).get("steps", [])
    for number, step in enumerate(report.steps, start=1):
        opens = step.roles is None or viewer.has_role(*step.roles)
        url = f"{report.url}?{step.query}" if step.query else str(step.url) if opens else ""
        yield StepShown(number, str(step.text), url, number in done)


def of(asked: PageRequest, found: Figures) -> Head:
    """The head of the page that was asked for, with its figures."""
    head = of_report(asked.report, asked.viewer)
    if asked.as_of:
        head.as_of_text = _("As of %(moment)s") % {"moment": showing.moment(asked.as_of)}
    head.kpis = figures_of(asked.report, found)
    head.exports = [
        (_("CSV"), asked.first_page(_export="csv", per_page=None)),
        (_("Excel (XLSX)"), asked.first_page(_export="xlsx", per_page=None)),
    ]
    return head


def figures_of(report: Report, found: Figures, compared: Mapping[str, Compared] | None = None) -> list[Figure]:
    """What is shown above the list; `compared` says by key how each figure was before."""
    return [
        Figure(
            label=str(kpi.label),
            value=(shown := found.shown[kpi.key]).text,
            hint=" · ".join(filter(None, [shown.note, str(kpi.hint)])),
            tone=kpi.tone,
            parts=shown.parts,
            compared=(compared or {}).get(kpi.key),
        )
        for kpi in report.kpis
    ]
