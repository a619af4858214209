"""The figures of a list against the period before: the same filters over a window of the same length that ends where
the list's begins, or what was kept of an earlier day."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import markup, money
from inventory_ops.kit.page import Compared
from inventory_ops.kit.reports import figures
from inventory_ops.kit.reports.figures import Figures
from inventory_ops.kit.reports.report import Earlier, Kpi, Report, Selection
from inventory_ops.kit.reports.scope import BEGINNING, FIRST_YEAR, Window


def of(selection: Selection, params: QueryDict, found: Figures) -> dict[str, Compared]:
    """By the key of each figure that there is something to compare with."""
    report = selection.report
    if found.is_capped:
        return {}
    earlier = _before(selection, params) or report.earlier(selection)
    if earlier is None:
        return {}
    compared = {}
    for kpi in report.kpis:
        now, then = found.values.get(kpi.key), earlier.values.get(kpi.key)
        if now is not None and then is not None and (said := _said(report, kpi, now, then, earlier.when)):
            compared[kpi.key] = said
    return compared


def _before(selection: Selection, params: QueryDict) -> Earlier | None:
    """The figures of the window before; None where the list has no window that begins."""
    window = selection.scope.window
    if window is None or window.start <= BEGINNING or window.end <= window.start:
        return None
    length = window.end - window.start
    if (window.start - length).year <= FIRST_YEAR:
        return None
    scope, report = selection.scope, selection.report
    moved = Window(window.start - length, window.start)
    then = figures.of(report.select(params, viewer=scope.viewer, as_of=scope.as_of, window=moved), exact=False)
    if then.is_capped:
        return None
    days = max(round(length.total_seconds() / 86_400), 1)
    when = ngettext("the day before", "the %(n)d days before", days) % {"n": days}
    return Earlier(then.values, when)


def _said(
    report: Report, kpi: Kpi, now: Mapping[str, Decimal], then: Mapping[str, Decimal], when: str
) -> Compared | None:
    """In words; None where amounts of several currencies cannot be added up."""
    codes = {code for parts in (now, then) for code, value in parts.items() if value}
    if kpi.money and len(codes) > 1:
        rates = money.rates()
        values = rates.convert(now), rates.convert(then)
    else:
        values = sum(now.values(), Decimal(0)), sum(then.values(), Decimal(0))
    after, before = values
    if after is None or before is None:
        return None
    shown = money.total(then).text if kpi.money else kpi.show(before)
    if after == before:
        return Compared(_("As in %(when)s (%(then)s)") % {"when": when, "then": shown})
    rises = after > before
    text = _("Up %(change)s on %(when)s (%(then)s)") if rises else _("Down %(change)s on %(when)s (%(then)s)")
    change = _percent(after, before) if before else _("from nothing")
    is_judged = report.less_is_better is not None and (kpi.is_count or kpi.money)
    tone = ("bad" if rises == report.less_is_better else "good") if is_judged else ""
    return Compared(text % {"change": change, "when": when, "then": shown}, "up" if rises else "down", tone)


def _percent(after: Decimal, before: Decimal) -> str:
    share = abs(after - before) / abs(before) * 100
    places = 0 if share >= 10 else 1
    return f"{markup.number(share.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), places)}%"
