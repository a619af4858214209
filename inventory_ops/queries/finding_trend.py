"""How many findings of a report were opened and resolved in each span of time, and how many were left at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet
from django.db.models.functions import Trunc

from inventory_ops.kit.reports.scope import Window
from inventory_ops.models import Finding, ReportDay, ReportFigure, User


@dataclass(frozen=True, slots=True)
class DayEnd:
    """Unresolved findings at the end of a day; `value` is in the shop's currency, None where a rate was missing."""

    count: int
    value: Decimal | None


def opened_in(window: Window) -> dict[str, object]:
    """Filters of findings whose latest opening is in a window."""
    return {"opened_at__gt": window.start, "opened_at__lte": window.end}


def resolved_in(window: Window) -> dict[str, object]:
    return {"state": Finding.State.RESOLVED, "resolved_at__gt": window.start, "resolved_at__lte": window.end}


def by_time(report: str, *, viewer: User | None, window: Window, unit: str) -> tuple[dict[date, int], dict[date, int]]:
    """Opened and resolved ones, by the first day of each `unit` (day, week, month) in the zone that pages are in."""
    found = Finding.objects.visible_to(viewer).filter(report=report)
    return (
        _counted(found.filter(**opened_in(window)), "opened_at", unit),
        _counted(found.filter(**resolved_in(window)), "resolved_at", unit),
    )


def _counted(found: QuerySet[Finding], field: str, unit: str) -> dict[date, int]:
    rows = found.annotate(start=Trunc(field, unit)).values("start").annotate(n=Count("pk")).order_by()
    return {row["start"].date(): row["n"] for row in rows}


def day_ends(report: str, *, viewer: User | None, since: date) -> Mapping[date, DayEnd]:
    """What was left at the end of each day (UTC) since `since`, of days on which a scan ran."""
    days = ReportDay.objects.filter(report=report, day__gte=since)
    if viewer is None or viewer.sees_all_merchants:
        days = days.filter(merchant__isnull=True)
    else:
        days = days.filter(merchant_id=viewer.own_merchant_id)
    return {day: DayEnd(count, value) for day, count, value in days.values_list("day", "open_count", "value")}


def figures(report: str, *, viewer: User | None, day: date) -> dict[str, Decimal]:
    """What the scans of a day kept of the figures above the list, by key."""
    kept = ReportFigure.objects.filter(report=report, day=day)
    if viewer is None or viewer.sees_all_merchants:
        kept = kept.filter(merchant__isnull=True)
    else:
        kept = kept.filter(merchant_id=viewer.own_merchant_id)
    return {key: Decimal(value) for key, value in kept.values_list("key", "value")}
