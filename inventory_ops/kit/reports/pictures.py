"""The pictures of a report: its rows over time and by what they have in common, counted in one query.

A report declares them (`Report.trend`, `Report.breakdowns`); they show the rows that the list shows, and each bar
opens the list with the rows that it counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import DecimalField, F, TextField, Value
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import charts, markup, money, showing
from inventory_ops.kit.charts import Bar, Bars, Chart, Point, Series
from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.reports import periods
from inventory_ops.kit.reports.report import Breakdown, Selection
from inventory_ops.kit.reports.scope import BEGINNING, Scope, Window, months_before, start_of_day

MOST_ROWS = 200_000  # that are looked at for a picture
MOST_BARS = 8

# every group of every picture in one pass over the rows; `which` has a bit for each column that was grouped away
COUNTED = """
with found as materialized ({rows} limit {most})
select grouping({groups}) as which, {groups}, {names}, i_currency, count(*) as n, sum(i_money) as money
from (select {columns}, i_currency, i_money from found) rows
group by grouping sets ({sets}, (i_currency))
"""


@dataclass(slots=True)
class Group:
    """Rows that share a value: how many, and their money by currency."""

    value: str | None
    name: str = ""
    count: int = 0
    parts: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pictures:
    """`is_capped`: there are more rows than are counted for a picture, and none is shown."""

    charts: Sequence[Chart]
    count: int
    is_capped: bool = False


def of(selection: Selection, params: QueryDict) -> Pictures:
    """The declared pictures of the selected rows; `params` is the address of the list."""
    report = selection.report
    spans = periods.of(_window(selection.scope)) if report.trend else None
    if not report.breakdowns and spans is None:
        return Pictures([], 0)
    found, total = _read(selection, spans)
    if total > MOST_ROWS:
        return Pictures([], total, is_capped=True)
    shown: list[Chart] = []
    if spans is not None:
        shown += _trend(selection, params, spans, found.pop())
    for breakdown, groups in zip(report.breakdowns, found, strict=False):
        if chart := _bars(selection, params, breakdown, groups):
            shown.append(chart)
    return Pictures(shown, total)


def _window(scope: Scope) -> Window:
    """What is drawn of a list: its window, or without one the last year in whole months."""
    if scope.window and scope.window.start > BEGINNING:
        return scope.window
    first = showing.local(months_before(scope.as_of, 11)).date().replace(day=1)
    return Window(start_of_day(first) - timedelta(microseconds=1), scope.as_of)


def _read(selection: Selection, spans: periods.Periods | None) -> tuple[list[list[Group]], int]:
    """The groups of each breakdown, then those of the trend, in one query; and the number of rows."""
    report = selection.report
    values: dict[str, Any] = {f"i_{index}": expression(each.by) for index, each in enumerate(report.breakdowns)}
    values |= {f"n_{index}": F(each.name) for index, each in enumerate(report.breakdowns) if each.name}
    columns = [f"i_{index}::text as g_{index}" for index in range(len(report.breakdowns))]
    columns += [f"n_{index}::text as m_{index}" for index, each in enumerate(report.breakdowns) if each.name]
    groups = [f"g_{index}" for index in range(len(report.breakdowns))]
    names = [
        f"max(m_{index}) as m_{index}" if each.name else f"null as m_{index}"
        for index, each in enumerate(report.breakdowns)
    ]
    given: list[Any] = []
    if spans is not None and report.trend:
        values["i_at"] = F(report.trend)
        columns.append("date_trunc(%s, i_at at time zone %s)::date::text as g_at")
        given = [spans.unit, showing.zone_name()]
        groups.append("g_at")
    rows = selection.rows.order_by().values(
        **values,
        i_currency=F(report.currency) if report.currency else _text(""),
        i_money=F(report.value_at_risk) if report.value_at_risk else _zero(),
    )
    sql, parameters = sql_of(rows)
    statement = COUNTED.format(
        rows=sql,
        most=MOST_ROWS + 1,
        groups=", ".join(groups),
        names=", ".join(names) or "null as nothing",
        columns=", ".join(columns),
        sets=", ".join(f"({name}, i_currency)" for name in groups),
    )
    with connections[rows.db].cursor() as cursor:
        cursor.execute(statement, [*parameters, *given])
        heads = [column.name for column in cursor.description]
        read = [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]
    every = (1 << len(groups)) - 1
    total = sum(row["n"] for row in read if row["which"] == every)
    return [_grouped(read, groups, index) for index in range(len(groups))], total


def expression(by: Any) -> Any:
    return F(by) if isinstance(by, str) else by


def _text(value: str) -> Any:
    return Value(value, output_field=TextField())


def _zero() -> Any:
    return Value(Decimal(0), output_field=DecimalField())


def _grouped(read: Sequence[Mapping[str, Any]], groups: Sequence[str], index: int) -> list[Group]:
    """The rows of one grouping set, its currencies together."""
    which = (1 << len(groups)) - 1 - (1 << (len(groups) - 1 - index))
    found: dict[str | None, Group] = {}
    for row in read:
        if row["which"] == which:
            value = row[groups[index]]
            group = found.setdefault(value, Group(value, row.get(f"m_{index}") or ""))
            group.count += row["n"]
            if row["money"]:
                code = row["i_currency"] or ""
                group.parts[code] = group.parts.get(code, Decimal(0)) + row["money"]
    return list(found.values())


def _bars(selection: Selection, params: QueryDict, breakdown: Breakdown, groups: list[Group]) -> Bars | None:
    """The largest groups as bars; None where there is nothing to tell apart."""
    groups = [group for group in groups if group.count]
    if not groups:
        return None
    groups.sort(key=lambda group: (-group.count, group.value or ""))
    shown, rest = groups[:MOST_BARS], groups[MOST_BARS:]
    words = words_of(breakdown)
    has_money = bool(selection.report.value_at_risk)
    rows = [
        Bar(
            label=called(group, words, breakdown),
            text=markup.number(group.count),
            amount=money.total(group.parts).text if has_money and group.parts else "",
            end=share,
            url=url_of(selection, params, breakdown, group),
        )
        for group, share in zip(shown, charts.shares([group.count for group in shown]), strict=True)
    ]
    note = ""
    if rest:
        others = ngettext("%(n)d more with %(rows)s", "%(n)d more with %(rows)s", len(rest))
        note = others % {"n": len(rest), "rows": markup.in_rows(sum(group.count for group in rest))}
    money_head = str(selection.report.money_label) if has_money else ""
    return Bars(str(breakdown.label), [str(breakdown.label), _("Rows"), money_head], rows, note)


def words_of(breakdown: Breakdown) -> dict[str, str]:
    """What its values are called, where no path of the rows says it."""
    words = breakdown.words() if callable(breakdown.words) else breakdown.words
    return {str(getattr(key, "value", key)): str(word) for key, word in words.items()}


def called(group: Group, words: Mapping[str, str], breakdown: Breakdown) -> str:
    if group.value in (None, ""):
        return str(breakdown.without or _("None"))
    return group.name or words.get(str(group.value), str(group.value))


def url_of(selection: Selection, params: QueryDict, breakdown: Breakdown, group: Group) -> str:
    """The list with the rows of the group alone; '' where no filter says that."""
    if not breakdown.param:
        return ""
    said = str(group.value or "")
    value = breakdown.values.get(said, said) if said else breakdown.none
    return address(selection.report.url, params, {breakdown.param: value}) if value else ""


def address(url: str, params: QueryDict, changes: Mapping[str, str | None]) -> str:
    """The list at `url` with the parameters of an address, some of them changed (None: left out), from its start."""
    copy = params.copy()
    for name in ("page", "after", "before"):
        copy.pop(name, None)
    for name, value in changes.items():
        if value is None:
            copy.pop(name, None)
        else:
            copy[name] = value
    return f"{url}?{copy.urlencode()}"


def _trend(selection: Selection, params: QueryDict, spans: periods.Periods, groups: list[Group]) -> list[Chart]:
    """Rows by time; and their money, where it can be said in one currency."""
    found = {spans.at(date.fromisoformat(group.value)): group for group in groups if group.value}
    ordered = [found.get(index, Group(None)) for index in range(len(spans.spans))]
    head = {"day": _("Day"), "week": _("Week"), "month": _("Month")}[spans.unit]
    is_now = selection.scope.window is None or selection.scope.window.end >= selection.scope.as_of
    points, amounts, worths = [], [], []
    currencies = {code for group in ordered for code, value in group.parts.items() if value}
    rates = money.rates()
    shown_in = next(iter(currencies)) if len(currencies) == 1 else rates.currency
    for span, group in zip(spans.spans, ordered, strict=True):
        linked = span.is_whole and (is_now or span is not spans.spans[-1])
        days = {"window": None, "date_from": f"{span.first}", "date_to": f"{span.last}"}
        url = address(selection.report.url, params, days) if linked and group.count else ""
        points.append(Point(span.label, [group.count], [markup.number(group.count)], [url]))
        worth = group.parts.get(shown_in, Decimal(0)) if len(currencies) == 1 else rates.convert(group.parts)
        worths.append(worth)
        text = money.total(group.parts).text if group.parts else money.whole(Decimal(0), shown_in)
        amounts.append(Point(span.label, [worth or Decimal(0)], [text], [url]))
    unit = {"day": _("by day"), "week": _("by week"), "month": _("by month")}[spans.unit]
    shown: list[Chart] = [
        charts.Columns(_("Rows %(unit)s") % {"unit": unit}, [Series(_("Rows"))], points, head),
    ]
    if selection.report.value_at_risk and currencies and all(worth is not None for worth in worths):
        title = _("%(what)s %(unit)s, in %(currency)s") % {
            "what": selection.report.money_label,
            "unit": unit,
            "currency": shown_in,
        }
        shown.append(charts.Columns(title, [Series(str(selection.report.money_label), "warning")], amounts, head))
    return shown
