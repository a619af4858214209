"""A page of a long list in the order of what another table says of its rows, read by indexes of that table.

Sorted by such a value, PostgreSQL would ask for that of every row. Here the other table leads: its rows in the order of
an index, as far as the list has theirs, until the page is full. What has no value comes last, in the order that the
list has by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Exists, F, Func, IntegerField, OuterRef, QuerySet, Value

from inventory_ops.kit.db import keyset
from inventory_ops.kit.reports.paging import by_key
from inventory_ops.kit.reports.paging.place import Listing, Place
from inventory_ops.kit.reports.report import Selection
from inventory_ops.kit.reports.request import PageRequest

REST = "rest"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of the page: its id and the token of its place; `row` where it was read already."""

    pk: Any
    token: str
    row: dict[str, Any] | None = None


def read(selection: Selection, asked: PageRequest) -> Listing:
    """One query for each part of the report's lead that the page touches, one for their rows, and one for the rest
    when it is reached. Raises keyset.BadToken."""
    reader = _Reader(selection, asked)
    place = Place(asked.offset, after=asked.after, before=asked.before)
    entries = reader.entries(place, most=asked.per_page + 1)
    more = len(entries) > asked.per_page or bool(place.before)
    entries = entries[: asked.per_page]
    if place.before:
        entries.reverse()
    rows = reader.rows(entries)
    if not entries:
        return Listing(rows, more)
    return Listing(rows, more, entries[0].token, entries[-1].token)


def in_order(selection: Selection, asked: PageRequest) -> QuerySet[Any]:
    """`selection.rows` of a page alone and the one after it, ordered: what `read` finds, for who reads other values
    of them."""
    reader = _Reader(selection, asked)
    keys = [entry.pk for entry in reader.entries(Place(asked.offset), most=asked.per_page + 1)]
    position = Func(Value(keys), F(reader.identity), function="array_position", output_field=IntegerField())
    return selection.rows.filter(**{f"{reader.identity}__in": keys}).order_by(position)


class _Reader:
    def __init__(self, selection: Selection, asked: PageRequest) -> None:
        self.selection, self.asked = selection, asked
        self.lead, self.descending = selection.report.lead(asked.sort_column.key), asked.sort.startswith("-")
        self.parts = [*(reversed(self.lead.parts) if self.descending else self.lead.parts), REST]
        (self.identity,) = selection.report.identity

    def entries(self, place: Place, *, most: int) -> list[_Entry]:
        """Up to `most` rows from a place on; ahead of it, the nearest first."""
        backwards = bool(place.before)
        parts, offset = self.parts, place.offset
        key, _dot, token = (place.after or place.before).partition(".")
        if place.after or place.before:
            if key not in parts or not token:
                raise keyset.BadToken
            at = parts.index(key)
            parts, offset = (parts[at::-1] if backwards else parts[at:]), 0
        found: list[_Entry] = []
        for part in parts:
            here = Place(offset, after="" if backwards else token, before=token if backwards else "")
            read = self._rest if part == REST else partial(self._led, part)
            some = read(here, most - len(found), backwards)
            found += some
            if len(found) == most:
                break
            token = ""
            if offset and part != REST:
                offset = 0 if some else offset - self._of(part).count()
        return found

    def _of(self, part: str) -> QuerySet[Any]:
        """Rows of the other table whose row the list has."""
        rows = self.selection.rows.order_by().values(self.identity)
        return self.lead.rows.using(rows.db).filter(self.lead.parts[part], row_id__in=rows)

    def _led(self, part: str, place: Place, most: int, backwards: bool) -> list[_Entry]:
        names = (self.lead.order, "row_id")
        is_falling = self.descending != backwards
        rows = self._of(part).order_by(*(f"-{name}" if is_falling else name for name in names))
        if token := place.after or place.before:
            values = keyset.read_token(token, by_key.fields_of(rows, names))
            rows = keyset.beyond(rows, names, values, greater=not is_falling)
        found = rows.values_list(*names)[place.offset : place.offset + most]
        return [_Entry(values[-1], f"{part}.{keyset.write_token(values)}") for values in found]

    def _rest(self, place: Place, most: int, backwards: bool) -> list[_Entry]:
        rows = self.selection.rows
        rows = rows.exclude(Exists(self.lead.rows.using(rows.db).filter(row_id=OuterRef(self.identity))))
        sort = self.selection.report.default_sort
        found, names = by_key.read_rows(
            self.selection, rows, self.asked, sort=sort, place=place, backwards=backwards, most=most
        )
        return [
            _Entry(row[self.identity], f"{REST}.{keyset.write_token([row[name] for name in names])}", row)
            for row in found
        ]

    def rows(self, entries: Sequence[_Entry]) -> list[dict[str, Any]]:
        """The rows with the values of the columns, in the order of the entries; without those that went meanwhile."""
        known = {entry.pk: entry.row for entry in entries}
        if missing := [pk for pk, row in known.items() if row is None]:
            rows = self.selection.rows.filter(**{f"{self.identity}__in": missing})
            values = self.selection.report.page_values(rows, self.asked.read_columns, viewer=self.asked.viewer)
            known |= {row[self.identity]: row for row in values}
        return [row for row in known.values() if row is not None]
