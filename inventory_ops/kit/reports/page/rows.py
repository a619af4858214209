"""The table of a list page: its columns, rows and what can be done to ticked ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from inventory_ops.kit.bulk.action import BulkAction, offered_on
from inventory_ops.kit.reports import layout, table
from inventory_ops.kit.reports.columns import Row
from inventory_ops.kit.reports.report import Report
from inventory_ops.kit.reports.request import PageRequest, offered_columns


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    key: str
    label: str
    visible: bool
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The heads of the columns, and of what stands beside them."""

    headers: list[table.Header]
    selectable: bool
    opens_rows: bool


@dataclass(frozen=True, slots=True)
class Button:
    """An action on ticked rows."""

    name: str
    label: str
    icon: str
    danger: bool


@dataclass(frozen=True, slots=True, eq=False)
class Bulk:
    """The actions on ticked rows: those that are buttons, and those that stand in a menu by its label. One object for
    each report and language."""

    actions: tuple[Button, ...]
    menus: tuple[tuple[str, tuple[Button, ...]], ...]


@dataclass(slots=True)
class Table:
    """The context `page.table`."""

    head: Head
    body: SafeString
    row_count: int
    selectable: bool
    scrolls: bool
    density: str
    column_choices: Sequence[ColumnChoice]
    shown_keys: str
    widths_text: str = ""
    bulk: Bulk | None = None
    bulk_url: str = ""


def of(asked: PageRequest, rows: Sequence[Row]) -> Table:
    """The table of the page's rows."""
    report, columns = asked.report, asked.columns
    drawn, choices = _drawn(
        report,
        tuple(column.key for column in columns),
        asked.sort,
        asked.selectable,
        asked.is_picked,
        tuple(asked.widths.items()),
        get_language(),
    )

    def label(row: Row) -> tuple[Any, str]:
        return ":".join(str(row[name]) for name in report.identity), report.row_label(row)

    def opens(row: Row) -> tuple[str, str]:
        return report.row_url(row), report.row_label(row)

    return Table(
        head=Head(drawn.headers(lambda sort: asked.first_page(sort=sort)), asked.selectable, report.opens_rows),
        body=drawn.body(rows, select=label if asked.selectable else None, opens=opens if report.opens_rows else None),
        row_count=len(rows),
        selectable=asked.selectable,
        scrolls=asked.is_picked,
        density=(asked.viewer.preferences or {}).get("density", "comfortable"),
        column_choices=choices,
        shown_keys=",".join(column.key for column in columns),
        widths_text=layout.widths_text(asked.widths),
        bulk=_bulk(tuple(offered_on(report.bulk_group, report.slug)), get_language()) if asked.selectable else None,
        bulk_url=str(report.bulk_url) if asked.selectable else "",
    )


@lru_cache(maxsize=500)
def _drawn(
    report: Report,
    keys: tuple[str, ...],
    sort: str,
    selectable: bool,
    picked: bool,
    widths: tuple[tuple[str, int], ...],
    language: str | None,
) -> tuple[table.ReportTable, tuple[ColumnChoice, ...]]:
    """The table without rows, and its columns to choose from: in the active language, which is `language`."""
    columns = [report.columns_by_key[key] for key in keys]
    sized = dict(widths)
    subs = {key: report.columns_by_key[key] for key in report.sub_keys()}
    classes = layout.classes(columns, sort=sort, selectable=selectable, picked=picked, widths=sized)
    drawn = table.build(columns, subs, sort=sort if sort.removeprefix("-") in keys else "", layout=classes)
    others = [column for column in offered_columns(report) if column.key not in keys]
    choices = [
        ColumnChoice(each.key, each.title, each.key in keys, sized.get(each.key)) for each in [*columns, *others]
    ]
    return drawn, tuple(choices)


@lru_cache(maxsize=500)
def _bulk(offered: Sequence[BulkAction[Any]], language: str | None) -> Bulk:
    """The actions in the active language, which is `language`."""
    buttons: list[Button] = []
    menus: dict[str, list[Button]] = {}
    for action in offered:
        group = menus.setdefault(str(action.menu), []) if action.menu else buttons
        group.append(Button(action.name, str(action.label), action.icon, action.danger))
    return Bulk(tuple(buttons), tuple((label, tuple(group)) for label, group in menus.items()))
