"""What to do first: findings that are due, one's own, the longest open, and the largest amount of each currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, DateField, OuterRef, QuerySet, Subquery, Value

from inventory_ops.kit.db.compiled import Slot
from inventory_ops.models import Finding, FindingTotal, User
from inventory_ops.queries.findings import COUNTED
from inventory_ops.queries.of_viewer import OfViewer

DUE, MINE, LARGEST, OLDEST = "due", "mine", "largest", "oldest"
ORDER = (DUE, MINE, LARGEST, OLDEST)
EACH = 3  # of a kind


@dataclass(frozen=True, slots=True)
class Task:
    """A finding, and why it comes first: one of the names above."""

    why: str
    report: str
    key: str
    label: str
    value: Decimal
    currency: str
    first_seen_at: datetime
    due_on: date | None


NAMES = ("why", "report", "key", "label", "value", "currency", "first_seen_at", "due_on")


def tasks(reports: Sequence[str], *, viewer: User, today: date) -> list[Task]:
    """In one query. Amounts of different currencies are not compared: the largest of each is named."""
    rows = _TASKS.of(viewer, tuple(reports)).rows(today=today)
    found = sorted((Task(*row) for row in rows), key=lambda task: ORDER.index(task.why))
    oldest = sorted((task for task in found if task.why == OLDEST), key=lambda task: task.first_seen_at)[:EACH]
    found = [task for task in found if task.why != OLDEST] + oldest
    seen: set[tuple[str, str]] = set()
    first: list[Task] = []
    for task in found:  # each once, for the first of its reasons
        if (task.report, task.key) not in seen:
            seen.add((task.report, task.key))
            first.append(task)
    return first


def _tasks(viewer: User, reports: Sequence[str]) -> QuerySet[Any, Any]:
    """The parts one after the other: of the oldest, those of each report."""
    waiting = Finding.objects.visible_to(viewer).filter(report__in=reports, state__in=COUNTED)
    opened = waiting.filter(state=Finding.State.OPEN)
    parts = [
        _of(waiting.filter(due_on__lte=Slot("today", DateField())).order_by("due_on", "pk"), DUE)[:EACH],
        _of(waiting.filter(assignee=viewer.pk).order_by("first_seen_at", "pk"), MINE)[:EACH],
        _of(_largest(viewer, opened, reports).order_by("currency", "-value", "pk").distinct("currency"), LARGEST)[
            : 2 * EACH
        ],
        *(_of(opened.filter(report=each).order_by("first_seen_at", "row_id"), OLDEST)[:EACH] for each in reports),
    ]
    return parts[0].union(*parts[1:], all=True)  # one query; each part keeps its order


def _largest(viewer: User, opened: QuerySet[Finding], reports: Sequence[str]) -> QuerySet[Finding]:
    """Findings among which the largest of each currency are."""
    money = opened.filter(value__gt=0).exclude(currency="")
    if not viewer.sees_all_merchants:
        return money  # a merchant's are few
    # the kept totals know the currencies of each report, an index the largest of each: not all have to be read
    same = money.filter(report=OuterRef("report"), currency=OuterRef("currency"))
    totals = FindingTotal.objects.visible_to(viewer).filter(report__in=reports, state=Finding.State.OPEN)
    return money.filter(pk__in=totals.values(largest=Subquery(same.order_by("-value", "pk").values("pk")[:1])))


def _of(rows: QuerySet[Finding], why: str) -> QuerySet[Any, Any]:
    named = rows.annotate(why=Value(why, CharField()))
    return named.values_list(*NAMES)


_TASKS = OfViewer(_tasks)
