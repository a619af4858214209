"""The table of a list page: its columns, rows and what can be done to ticked ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from inventory_ops.kit.bulk.action import offered_on
from inventory_ops.kit.reports import layout, table
from inventory_ops.kit.reports.columns import Row
from inventory_ops.kit.reports.request import PageRequest, offered_columns


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    key: str
    label: str
    visible: bool
    width: int | None = None


@dataclass(slots=True)
class Table:
    """The context `page.table`."""

    headers: list[table.Header]
    body: SafeString
    row_count: int
    selectable: bool
    scrolls: bool
    opens_rows: bool
    density: str
    column_choices: list[ColumnChoice]
    shown_keys: str
    widths_text: str = ""
    bulk_actions: list[Any] = field(default_factory=list)
    bulk_menus: list[tuple[str, list[Any]]] = field(default_factory=list)  # of the actions that stand in menus
    bulk_url: str = ""


def of(asked: PageRequest, rows: Sequence[Row]) -> Table:
    """The table of the page's rows."""
    report, columns = asked.report, asked.columns
    subs = {key: report.columns_by_key[key] for key in report.sub_keys()}
    shown = {column.key for column in columns}
    classes = layout.classes(
        columns, sort=asked.sort, selectable=asked.selectable, picked=asked.is_picked, widths=asked.widths
    )
    drawn = table.build(columns, subs, sort=asked.sort if asked.sort_column.key in shown else "", layout=classes)

    offered = offered_on(report.bulk_group, report.slug) if asked.selectable else []

    def label(row: Row) -> tuple[Any, str]:
        return ":".join(str(row[name]) for name in report.identity), report.row_label(row)

    def opens(row: Row) -> tuple[str, str]:
        return report.row_url(row), report.row_label(row)

    return Table(
        headers=drawn.headers(lambda sort: asked.first_page(sort=sort)),
        body=drawn.body(rows, select=label if asked.selectable else None, opens=opens if report.opens_rows else None),
        row_count=len(rows),
        selectable=asked.selectable,
        scrolls=asked.is_picked,
        opens_rows=report.opens_rows,
        density=(asked.viewer.preferences or {}).get("density", "comfortable"),
        column_choices=[
            ColumnChoice(column.key, column.title, column.key in shown, asked.widths.get(column.key))
            for column in [*columns, *(each for each in offered_columns(report) if each.key not in shown)]
        ],
        shown_keys=",".join(column.key for column in columns),
        widths_text=layout.widths_text(asked.widths),
        bulk_actions=[each for each in offered if not each.menu],
        bulk_menus=_menus(offered),
        bulk_url=str(report.bulk_url) if asked.selectable else "",
    )


def _menus(offered: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for action in offered:
        if action.menu:
            found.setdefault(str(action.menu), []).append(action)
    return list(found.items())
