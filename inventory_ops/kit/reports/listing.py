"""The rows of one page of a list: sorted, selected, and found by keyset when the address says after which row."""

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


def read(
    selection: Selection, columns: Sequence[Column], *, sort: str, place: Place, per_page: int, viewer: Any
) -> Listing:
    """One query, and one more when a column is late. Raises keyset.BadToken."""
    report = selection.report
    column = report.columns_by_key[sort.removeprefix("-")]
    by_key = _is_keyset(report, selection.rows, column, masked=report.masks(viewer))
    rows = report.page_values(selection.rows, columns, viewer=viewer)
    names = [SORT_ALIAS, *report.identity]
    if by_key:
        tail = {f"k_{number}": F(path) for number, path in enumerate(column.tail)}
        names = [SORT_ALIAS, *(tail or report.identity)]
        rows = rows.annotate(**{SORT_ALIAS: column.order()}, **tail)
    ordered = rows.order_by(*report.ordering(sort, rows))
    descending = sort.startswith("-")
    if by_key and (place.after or place.before):
        values = keyset.read_token(place.after or place.before, _fields(rows, names))
        greater = descending != bool(place.after)
        ordered = keyset.beyond(ordered, names, values, greater=greater, bounded=_is_joined(rows, column))
        if place.before:
            ordered = ordered.reverse()
        found = list(ordered[: per_page + 1])
    else:
        found = list(ordered[place.offset : place.offset + per_page + 1])
    more = len(found) > per_page
    found = found[:per_page]
    if by_key and place.before:
        found.reverse()
        more = True  # the page that we came back from
    if any(each.late for each in columns):
        report.look_up(found)
    if not by_key or not found:
        return Listing(found, more)
    first, last = ([row[name] for name in names] for row in (found[0], found[-1]))
    return Listing(found, more, keyset.write_token(first), keyset.write_token(last))


def _is_keyset(report: Report, rows: QuerySet[Any], column: Column, *, masked: bool) -> bool:
    """Can pages be found by the last row's values? Not by NULLs, nor by sums of groups; and a token must not tell
    a merchant what its page masks."""
    nulls = column.orders_nulls and not column.is_never_null(rows)
    return not (nulls or column.late or rows.query.group_by is not None or (column.personal and masked))


def _is_joined(rows: QuerySet[Any], column: Column) -> bool:
    """Is the sorted value of another table than the names that follow it?"""
    value = rows.query.annotations[SORT_ALIAS]
    return not column.tail and isinstance(value, Col) and value.alias != rows.query.get_initial_alias()


def _fields(rows: QuerySet[Any], names: Sequence[str]) -> list[Field[Any, Any]]:
    """The types of values or annotations."""
    annotations = rows.query.annotations
    fields: list[Field[Any, Any]] = []
    for name in names:
        if name in annotations:
            fields.append(annotations[name].output_field)
        else:
            meta = rows.model._meta
            fields.append(meta.pk if name == "pk" else meta.get_field(name.removesuffix("_id")))
    return [getattr(field, "target_field", field) for field in fields]
