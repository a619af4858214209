"""The overview's “What to do first”."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from inventory_ops.kit import markup, showing
from inventory_ops.kit.reports import registry
from inventory_ops.models import User
from inventory_ops.queries import worklist
from inventory_ops.queries.worklist import DUE, LARGEST, MINE, OLDEST, Task

WHY: dict[str, tuple[str, Any]] = {
    DUE: ("critical", gettext_lazy("Due")),
    MINE: ("brand", gettext_lazy("Mine")),
    LARGEST: ("warning", gettext_lazy("Largest amount")),
    OLDEST: ("neutral", gettext_lazy("Longest open")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: why it comes first, the finding and its list, what it is about, and for how long."""

    badge: SafeString
    label: str
    url: str
    report: str
    amount: str
    since: SafeString


def rows(viewer: User, now: datetime) -> list[Row]:
    """What the viewer should look at first, of the lists with findings."""
    reports = {report.slug: report for report in registry if report.scan and report.opens_rows}
    slugs = [slug for slug, report in reports.items() if report.allows(viewer)]
    if not slugs:
        return []
    found = worklist.tasks(slugs, viewer=viewer, today=showing.today())
    return [_row(task, reports[task.report], now) for task in found]


def _row(task: Task, report: Any, now: datetime) -> Row:
    tone, word = WHY[task.why]
    text = f"{word} {showing.short_day(task.due_on)}" if task.why == DUE else str(word)
    amount = f"{task.currency or ''} {markup.money(task.value, task.currency or None)}".strip()
    return Row(
        badge=markup.badge(tone, text),
        label=task.label,
        url=reverse("finding", args=[task.report, task.key]),
        report=str(report.short_title or report.title),
        amount=amount if task.value and task.currency else "",
        since=markup.ago(task.first_seen_at, now),
    )
