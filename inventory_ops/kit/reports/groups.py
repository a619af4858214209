"""A list by what its rows share: each value with its number of rows and their money, counted in one query."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import DecimalField, F, TextField, Value
from django.http import QueryDict
from django.utils.translation import gettext as _

from inventory_ops.kit import markup, money
from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.money import Total
from inventory_ops.kit.reports import pictures
from inventory_ops.kit.reports.pictures import Group
from inventory_ops.kit.reports.report import Breakdown, Selection
from inventory_ops.kit.spreadsheets import plain

MOST_GROUPS = 500  # on a page; the export has all

GROUPED = """
select i_group::text, max(i_name::text), coalesce(i_currency, ''), count(*), sum(i_money)
from ({rows}) rows group by 1, 3
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A group as a page shows it; `url` is the list of its rows, '' where no filter says that."""

    label: str
    count: str
    total: Total | None
    url: str


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups, those of the most rows first."""

    selection: Selection
    breakdown: Breakdown
    groups: Sequence[Group]

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def has_money(self) -> bool:
        return bool(self.selection.report.value_at_risk)

    @property
    def headers(self) -> list[str]:
        amount = [str(self.selection.report.money_label)] if self.has_money else []
        return [str(self.breakdown.label), _("Rows"), *amount]

    def lines(self, params: QueryDict) -> list[Line]:
        """The first groups; `params` is the address of the list."""
        words = pictures.words_of(self.breakdown)
        return [
            Line(
                pictures.called(group, words, self.breakdown),
                markup.number(group.count),
                money.total(group.parts) if self.has_money else None,
                pictures.url_of(self.selection, params, self.breakdown, group),
            )
            for group in self.groups[:MOST_GROUPS]
        ]

    def total(self) -> Total | None:
        """The money of all rows."""
        parts: dict[str, Decimal] = {}
        for group in self.groups:
            for code, value in group.parts.items():
                parts[code] = parts.get(code, Decimal(0)) + value
        return money.total(parts) if self.has_money else None

    def csv(self) -> Iterator[str]:
        """A line for each group and currency: exact amounts are of one currency."""
        words, out = pictures.words_of(self.breakdown), io.StringIO()
        writer = csv.writer(out)
        writer.writerow([str(self.breakdown.label), "Key", "Rows", "Currency", "Value"])
        for group in self.groups:
            name = pictures.called(group, words, self.breakdown)
            amounts = group.parts.items() if group.parts else [("", "")]
            for number, (code, value) in enumerate(amounts):
                count = group.count if number == 0 else ""
                writer.writerow([plain(name), plain(group.value or ""), count, code, _plain(value)])
            yield out.getvalue()
            out.seek(0)
            out.truncate()


def of(selection: Selection, breakdown: Breakdown) -> Groups:
    """The selected rows by one of the report's breakdowns."""
    report = selection.report
    nothing: Any = Value("", output_field=TextField())
    rows = selection.rows.order_by().values(
        i_group=pictures.expression(breakdown.by),
        i_name=F(breakdown.name) if breakdown.name else nothing,
        i_currency=F(report.currency) if report.currency else nothing,
        i_money=F(report.value_at_risk) if report.value_at_risk else Value(Decimal(0), output_field=DecimalField()),
    )
    sql, params = sql_of(rows)
    found: dict[str | None, Group] = {}
    with connections[rows.db].cursor() as cursor:
        cursor.execute(GROUPED.format(rows=sql), params)
        for value, name, code, count, amount in cursor.fetchall():
            group = found.setdefault(value or None, Group(value or None, name or ""))
            group.count += count
            if amount:
                group.parts[code] = group.parts.get(code, Decimal(0)) + amount
    return Groups(selection, breakdown, sorted(found.values(), key=lambda each: (-each.count, each.value or "")))


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else ""
