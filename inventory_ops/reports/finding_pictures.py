"""The findings of a report over time: opened and resolved, and left at the end of each span."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import charts, markup, money
from inventory_ops.kit.charts import Chart, Columns, Point, Series
from inventory_ops.kit.reports import Earlier, Report, Scope, Window, periods
from inventory_ops.queries import finding_trend
from inventory_ops.queries.finding_trend import DayEnd

DAYS = timedelta(days=90)  # of a report without a window
WEEK = timedelta(days=7)
MOST = timedelta(days=732)


def of_report(slug: str, scope: Scope) -> list[Chart]:
    """Of all findings that the viewer may see, whatever the list is filtered by."""
    window = scope.window or Window(scope.as_of - DAYS, scope.as_of)
    spans = periods.of(Window(max(window.start, scope.as_of - MOST), min(window.end, scope.as_of)))
    if not spans.spans:
        return []
    whole = periods.window_of(spans, until=scope.as_of)
    opened, resolved = finding_trend.by_time(slug, viewer=scope.viewer, window=whole, unit=spans.unit)
    head = {"day": _("Day"), "week": _("Week"), "month": _("Month")}[spans.unit]
    counts: dict[str, list[int]] = {"opened": [0] * len(spans.spans), "resolved": [0] * len(spans.spans)}
    for name, found in (("opened", opened), ("resolved", resolved)):
        for start, count in found.items():
            index = spans.at(start)
            if index is not None:
                counts[name][index] = count
    points = []
    for index, span in enumerate(spans.spans):
        values = [counts[name][index] for name in ("opened", "resolved")]
        urls = [_findings(slug, name, span) if counts[name][index] else "" for name in ("opened", "resolved")]
        points.append(Point(span.label, values, [markup.number(value) for value in values], urls))
    series = [Series(_("Opened"), "critical"), Series(_("Resolved"), "good", below=True)]
    shown: list[Chart] = [
        Columns(
            _("Findings opened and resolved"),
            series,
            points,
            head,
            hint=_("All findings of the report, whatever the list is filtered by. Opened counts the latest opening."),
        )
    ]
    ends = finding_trend.day_ends(slug, viewer=scope.viewer, since=spans.spans[0].first)
    if left := _left(spans, dict(ends), head):
        shown.append(left)
    return shown


def _findings(slug: str, change: str, span: periods.Period) -> str:
    days = {"of": slug, "change": change, "date_from": f"{span.first}", "date_to": f"{span.last}"}
    return reverse("all-findings", query=days)


def _left(spans: periods.Periods, ends: dict[date, DayEnd], head: str) -> charts.Columns | None:
    """How many were left at the end of each span, with their value where it is known."""
    points = []
    currency = money.rates().currency
    for span in spans.spans:
        days = [day for day in ends if span.first <= day <= span.last]
        end = ends[max(days)] if days else None
        if end is None:
            points.append(Point(span.label, [0], [_("not known")]))
            continue
        text = markup.number(end.count)
        worth = f" · {money.whole(end.value, currency)}" if end.value and currency else ""
        points.append(Point(span.label, [Decimal(end.count)], [f"{text}{worth}"]))
    if not ends:
        return None
    hint = _("Not resolved and not snoozed, counted by the scans of each day.")
    return Columns(_("Findings left at the end"), [Series(_("Left"), "warning")], points, head, hint=hint)


def week_before(report: Report, scope: Scope) -> Earlier | None:
    """Its number of rows and their money as the scans of a week ago left them, in the shop's currency."""
    day = scope.as_of.date() - WEEK
    ends = finding_trend.day_ends(report.slug, viewer=scope.viewer, since=day)
    if (end := ends.get(day)) is None:
        return None
    currency = money.rates().currency
    values: dict[str, dict[str, Decimal]] = {}
    for kpi in report.kpis:
        if kpi.is_count:
            values[kpi.key] = {"": Decimal(end.count)}
        elif kpi.money and end.value is not None and currency:
            values[kpi.key] = {currency: end.value}
    for key, value in finding_trend.figures(report.slug, viewer=scope.viewer, day=day).items():
        values.setdefault(key, {"": value})
    return Earlier(values, _("a week before"))
