"""The table of a list page: django-tables2 for columns and ordering, rows drawn by one function a column.

Stock tables2 inspects signatures and builds attribute dictionaries for every cell; a page of 50 rows then costs
five times as much as this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from inventory_ops.kit.markup import escape
from inventory_ops.kit.reports.columns import Cell, Column, Row


@dataclass(frozen=True, slots=True)
class Header:
    """A column's head."""

    key: str
    label: str
    numeric: bool
    sort_url: str | None
    sorted: str | None
    hint: str
    css: str = ""


class ReportTable(tables.Table):
    """Columns and ordering of one page. Make it with `build()`."""

    report_columns: Sequence[Column] = ()
    subs: Mapping[str, Column] = {}
    layout: Mapping[str, str] = {}

    def headers(self, url: Callable[[str], str]) -> list[Header]:
        """Heads in order; `url(sort)` is the address of the list sorted that way."""
        result = []
        for column in self.report_columns:
            bound = self.columns[column.key]
            alias = bound.order_by_alias
            sorted_ = ("descending" if alias.is_descending else "ascending") if bound.is_ordered else None
            result.append(
                Header(
                    key=column.key,
                    label=str(bound.header),
                    numeric=column.numeric,
                    sort_url=url(str(alias.next)) if bound.orderable else None,
                    sorted=sorted_,
                    hint=str(column.hint),
                    css=" ".join(filter(None, ["num" if column.numeric else "", self.layout.get(column.key, "")])),
                )
            )
        return result

    @cached_property
    def cells(self) -> list[Cell]:
        return [
            column.cell(self.subs.get(column.sub), self.layout.get(column.key, "")) for column in self.report_columns
        ]

    def body(
        self,
        rows: Iterable[Row],
        *,
        select: Callable[[Row], tuple[Any, str]] | None = None,
        opens: Callable[[Row], tuple[str, str]] | None = None,
    ) -> SafeString:
        """All <tr> of the page. `select(row)` gives id and label of the row's checkbox, `opens(row)` address and label
        of what the list shows beside it; None leaves them out."""
        cells = self.cells
        word, details = escape(_("Select")), escape(_("Details of"))
        mark = markup.icon("chevron-right", None, 16)
        lines = []
        for row in rows:
            line = "".join([cell(row) for cell in cells])
            if select is not None:
                value, label = select(row)
                line = (
                    f'<td class="cell-select"><input type="checkbox" name="ids" value="{escape(value)}" '
                    f'class="form-check-input" aria-label="{word} {escape(label)}"></td>{line}'
                )
            if opens is not None:
                address, label = opens(row)
                line += (
                    f'<td class="cell-menu cell-open"><a href="{escape(address)}" data-drawer '
                    f'aria-label="{details} {escape(label)}">{mark}</a></td>'
                )
            lines.append(f"<tr>{line}</tr>")
        return mark_safe("".join(lines))


def build(
    columns: Sequence[Column], subs: Mapping[str, Column], *, sort: str, layout: Mapping[str, str] | None = None
) -> ReportTable:
    """The table of `columns`, ordered by `sort`; `layout` are classes of a column's cells (layout.py)."""
    attrs: dict[str, Any] = {
        column.key: tables.Column(
            accessor=column.alias, verbose_name=column.title, orderable=column.sortable, empty_values=()
        )
        for column in columns
    }
    attrs |= {"report_columns": columns, "subs": subs, "layout": layout or {}}
    cls = type("Table", (ReportTable,), attrs)
    table: ReportTable = cls([], order_by=sort)
    return table
