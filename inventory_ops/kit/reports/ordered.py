"""Rows of a list in an order of its own table: from a place on, found by keyset where a token tells the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Field, QuerySet
from django.db.models.expressions import Col

from inventory_ops.kit.db import keyset
from inventory_ops.kit.reports.columns import Column
from inventory_ops.kit.reports.report import Report, Selection

SORT_ALIAS = "k_sort"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind `after` or ahead of `before` (tokens of a row), else at row `offset`."""

    offset: int
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The page's rows with the values of `columns`; tokens of its first and last row where it can be paged by them."""

    rows: list[dict[str, Any]]
    more: bool
    first_token: str = ""
    last_token: str = ""


def some(
    selection: Selection,
    rows: QuerySet[Any],
    columns: Sequence[Column],
    *,
    sort: str,
    place: Place,
    backwards: bool,
    most: int,
    viewer: Any,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Up to `most` of `rows` from a place on, and the names of the values that tell a row's place (none: only its
    number does). `backwards` those ahead of it, the nearest first. Raises keyset.BadToken."""
    report = selection.report
    column = report.columns_by_key[sort.removeprefix("-")]
    by_key = _is_keyset(report, rows, column, masked=report.masks(viewer))
    rows = report.page_values(rows, columns, viewer=viewer)
    names = [SORT_ALIAS, *report.identity]
    if by_key:
        tail = {f"k_{number}": F(path) for number, path in enumerate(column.tail)}
        names = [SORT_ALIAS, *(tail or report.identity)]
        rows = rows.annotate(**{SORT_ALIAS: column.order()}, **tail)
    ordered = rows.order_by(*report.ordering(sort, rows))
    if not by_key:
        return list(ordered[place.offset : place.offset + most]), []
    if token := place.after or place.before:
        values = keyset.read_token(token, fields_of(rows, names))
        greater = sort.startswith("-") == backwards
        ordered = keyset.beyond(ordered, names, values, greater=greater, bounded=_is_joined(rows, column))
    if backwards:
        ordered = ordered.reverse()
    start = 0 if token else place.offset
    return list(ordered[start : start + most]), names


def _is_keyset(report: Report, rows: QuerySet[Any], column: Column, *, masked: bool) -> bool:
    """Can pages be found by the last row's values? Not by NULLs, nor by sums of groups; and a token must not tell
    a merchant what its page masks."""
    nulls = column.orders_nulls and not column.is_never_null(rows)
    return not (nulls or column.late or rows.query.group_by is not None or (column.personal and masked))


def _is_joined(rows: QuerySet[Any], column: Column) -> bool:
    """Is the sorted value of another table than the names that follow it?"""
    value = rows.query.annotations[SORT_ALIAS]
    return not column.tail and isinstance(value, Col) and value.alias != rows.query.get_initial_alias()


def fields_of(rows: QuerySet[Any], names: Sequence[str]) -> list[Field[Any, Any]]:
    """The types of values or annotations of `rows`."""
    annotations = rows.query.annotations
    fields: list[Field[Any, Any]] = []
    for name in names:
        if name in annotations:
            fields.append(annotations[name].output_field)
        else:
            meta = rows.model._meta
            fields.append(meta.pk if name == "pk" else meta.get_field(name))
    # what a foreign key points at, and what a generated field holds
    return [getattr(field, "target_field", getattr(field, "output_field", field)) for field in fields]
