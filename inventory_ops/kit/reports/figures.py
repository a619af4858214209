"""The figures above a list: aggregates over its filtered rows, money apart by currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import markup, money
from inventory_ops.kit.db import size
from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.money import Total
from inventory_ops.kit.reports.report import Kpi, Selection

MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Figures:
    """The number of rows (`is_capped`: there are more than MOST_COUNTED), and what each figure shows."""

    count: int
    is_capped: bool
    shown: Mapping[str, Total]
    # what is shown as numbers: amounts by currency, all else under ''; a figure that cannot be said is not there
    values: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    @property
    def count_text(self) -> str:
        return f"{markup.number(MOST_COUNTED)}+" if self.is_capped else markup.number(self.count)

    @property
    def rows_text(self) -> str:
        return ngettext("%(n)s row", "%(n)s rows", self.count) % {"n": self.count_text}


# The rows are found once. The inner OFFSET keeps the condition on their number from becoming a filter of sums that were
# made for it.
UNLESS_MANY = """
with capped as materialized ({some}), counted as (select count(*) as n from capped)
select counted.n, sums.*
from counted left join lateral (
    select * from ({sums}) by_currency where counted.n <= {most} offset 0
) sums on true
"""


def of(selection: Selection, *, exact: bool) -> Figures:
    """Count the rows and compute the figures, in one query.

    Lists of a large table are counted up to a cap, and beyond it have no figures unless `exact` asks for them: a page
    must not wait for a sum over millions, nor for one of thousands that it does not show.
    """
    report, rows = selection.report, selection.rows.order_by()
    some = rows[: MOST_COUNTED + 1]
    if not report.kpis and not exact:
        count = some.values(*report.identity).count()
        return Figures(count, count > MOST_COUNTED, {})
    expressions: dict[str, Any] = {f"k_{kpi.key}": kpi.expression for kpi in report.kpis}
    currency = report.currency if any(kpi.money for kpi in report.kpis) else None
    # counts of different rows in two currencies do not add up, nor can groups be grouped once more
    adds_up = rows.query.group_by is None and not any(kpi.expression.distinct for kpi in report.kpis)
    is_large = not exact and size.is_large(rows.model)
    if currency and adds_up:
        by_currency = rows.values(k_currency=F(currency)).annotate(k_rows=Count("*"), **expressions)
        if is_large:
            total, groups = _unless_many(some, by_currency, identity=report.identity)
        else:
            groups = list(by_currency)
            total = sum(group["k_rows"] for group in groups)
    else:
        bounds = {"k_currency": Min(currency), "k_last": Max(currency)} if currency else {}
        groups = [(some if is_large else rows).aggregate(k_rows=Count("*"), **expressions, **bounds)]
        total = groups[0]["k_rows"]
        if currency and not is_large and groups[0]["k_currency"] != groups[0]["k_last"]:
            groups = _by_currency(rows, report.kpis, currency, whole=groups[0])
    if is_large and total > MOST_COUNTED:
        shown = {kpi.key: Total(f"{markup.number(MOST_COUNTED)}+" if kpi.is_count else "…") for kpi in report.kpis}
        return Figures(total, True, shown)
    shown = {kpi.key: _shown(kpi, groups) for kpi in report.kpis}
    values = {kpi.key: found for kpi in report.kpis if (found := _values(kpi, groups)) is not None}
    return Figures(total, False, shown, values)


def _by_currency(rows: QuerySet[Any], kpis: Sequence[Kpi], currency: str, *, whole: Any) -> list[dict[str, Any]]:
    """Sums of grouped rows for each currency apart; what is no money stays with the first."""
    codes = sorted(set(rows.values_list(currency, flat=True)))
    sums = {}
    for kpi in kpis:
        if kpi.money:
            for number, code in enumerate(codes):
                amount = kpi.expression.get_source_expressions()[0]
                sums[f"k_{kpi.key}_{number}"] = type(kpi.expression)(amount, filter=Q(**{currency: code}))
    found = rows.aggregate(**sums)
    groups: list[dict[str, Any]] = [{f"k_{kpi.key}": None for kpi in kpis} | {"k_currency": code} for code in codes]
    for number, group in enumerate(groups):
        group |= {f"k_{kpi.key}": found[f"k_{kpi.key}_{number}"] for kpi in kpis if kpi.money}
    groups[0] |= {f"k_{kpi.key}": whole[f"k_{kpi.key}"] for kpi in kpis if not kpi.money}
    return groups


def _unless_many(
    some: QuerySet[Any], sums: QuerySet[Any], *, identity: Sequence[str]
) -> tuple[int, list[dict[str, Any]]]:
    """The number of `some` rows, and their `sums` by group unless there are more than MOST_COUNTED."""
    if len(identity) == 1:  # those found, instead of looking for them again
        sums = sums.filter(**{f"{identity[0]}__in": RawSQL("select named from capped", [])})
    some = some.values(named=F(identity[0]))
    (some_sql, some_params), (sql, params) = sql_of(some), sql_of(sums)
    with connections[sums.db].cursor() as cursor:
        cursor.execute(UNLESS_MANY.format(some=some_sql, sums=sql, most=MOST_COUNTED), [*some_params, *params])
        names = [column.name for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found[0]["n"], [group for group in found if group["k_rows"]]


def _values(kpi: Kpi, groups: list[dict[str, Any]]) -> dict[str, Decimal] | None:
    """A figure as numbers, money by currency; None where the currencies are not told apart."""
    name = f"k_{kpi.key}"
    if not kpi.money:
        return {"": sum((Decimal(group[name] or 0) for group in groups), Decimal(0))}
    if any(group.get("k_last", group.get("k_currency")) != group.get("k_currency") for group in groups):
        return None
    parts: dict[str, Decimal] = {}
    for group in groups:
        code = group.get("k_currency") or ""
        parts[code] = parts.get(code, Decimal(0)) + (group[name] or Decimal(0))
    return parts


def _shown(kpi: Kpi, groups: list[dict[str, Any]]) -> Total:
    if not kpi.money:
        return Total(kpi.show(sum(group[f"k_{kpi.key}"] or 0 for group in groups)))
    parts = _values(kpi, groups)
    return Total(_("several currencies")) if parts is None else money.total(parts)
