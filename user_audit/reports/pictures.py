"""Accounts by their state over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _

from inventory_ops.kit import charts, markup
from inventory_ops.kit.charts import Chart, Point, Series
from inventory_ops.kit.reports import Scope, Window, periods
from user_audit.models.identities import AwsStatus
from user_audit.queries import days

SPAN = timedelta(days=90)
DISABLED = (AwsStatus.DISABLED, AwsStatus.DISABLED_ELSEWHERE, AwsStatus.NO_CREDENTIALS)
DOUBTFUL = (AwsStatus.PARTIAL, AwsStatus.UNKNOWN, AwsStatus.DELETING)


def of_states(scope: Scope) -> list[Chart]:
    """At the end of each week: active in AWS, cannot get in, in doubt, and not there at all."""
    spans = periods.of(Window(scope.as_of - SPAN, scope.as_of))
    found = days.by_aws_status(since=spans.spans[0].first)
    if not found:
        return []
    points = []
    for span in spans.spans:
        seen = [day for day in found if span.first <= day <= span.last]
        values = _values(found[max(seen)]) if seen else [0, 0, 0, 0]
        points.append(Point(span.label, values, [markup.number(value) if seen else "" for value in values]))
    series = [
        Series(_("Active in AWS"), "critical"),
        Series(_("Disabled"), "good"),
        Series(_("Unknown or in parts"), "warning"),
        Series(_("Not in AWS"), "neutral"),
    ]
    hint = _("All identities at the end of each week, as its last scan saw them.")
    return [charts.Columns(_("Accounts by state"), series, points, _("Week"), hint=hint, stacked=True)]


def _values(counts: Mapping[str, int]) -> list[int]:
    def of(*states: str) -> int:
        return sum(counts.get(state, 0) for state in states)

    return [of(AwsStatus.ACTIVE), of(*DISABLED), of(*DOUBTFUL), of(AwsStatus.NOT_FOUND)]
