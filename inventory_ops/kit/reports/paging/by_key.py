"""A page of a list beside a row that a token names (keyset), so that the last page costs what the first does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Field, QuerySet
from django.db.models.expressions import Col

from inventory_ops.kit.db import keyset
from inventory_ops.kit.reports.columns import Column
from inventory_ops.kit.reports.paging.place import Listing, Place
from inventory_ops.kit.reports.report import Selection
from inventory_ops.kit.reports.request import PageRequest

SORT_ALIAS = "k_sort"


def serves(selection: Selection, asked: PageRequest) -> bool:
    """Can pages be found by the last row's values? Not by NULLs, nor by sums of groups; and a token must not tell
    a merchant what its page masks."""
    column, rows = asked.sort_column, selection.rows
    nulls = column.orders_nulls and not column.is_never_null(rows)
    masked = column.personal and selection.report.masks(asked.viewer)
    return not (nulls or column.late or rows.query.group_by is not None or masked)


def read(selection: Selection, asked: PageRequest) -> Listing:
    """One query. Raises keyset.BadToken."""
    place = Place(asked.offset, after=asked.after, before=asked.before)
    found, names = read_rows(selection, selection.rows, asked, sort=asked.sort, place=place, most=asked.per_page + 1)
    more = len(found) > asked.per_page or bool(asked.before)  # ahead of it, there is the page that we came back from
    found = found[: asked.per_page]
    if asked.before:
        found.reverse()
    if not found:
        return Listing(found, more)
    first, last = ([row[name] for name in names] for row in (found[0], found[-1]))
    return Listing(found, more, keyset.write_token(first), keyset.write_token(last))


def read_rows(
    selection: Selection, rows: QuerySet[Any], asked: PageRequest, *, sort: str, place: Place, most: int,
    backwards: bool | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:  # fmt: skip
    """Up to `most` of `rows` from a place on, and the names of the values that tell a row's place. `backwards` (by
    default where the place says `before`) those ahead of it, the nearest first. Raises keyset.BadToken."""
    report = selection.report
    column = report.columns_by_key[sort.removeprefix("-")]
    backwards = bool(place.before) if backwards is None else backwards
    tail = {f"k_{number}": F(path) for number, path in enumerate(column.tail)}
    names = [SORT_ALIAS, *(tail or report.identity)]
    rows = report.page_values(rows, asked.read_columns, viewer=asked.viewer)
    rows = rows.annotate(**{SORT_ALIAS: column.order()}, **tail)
    ordered = rows.order_by(*report.ordering(sort, rows))
    if token := place.after or place.before:
        values = keyset.read_token(token, fields_of(rows, names))
        greater = sort.startswith("-") == backwards
        ordered = keyset.beyond(ordered, names, values, greater=greater, bounded=_is_joined(rows, column))
    if backwards:
        ordered = ordered.reverse()
    start = 0 if token else place.offset
    return list(ordered[start : start + most]), names


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
