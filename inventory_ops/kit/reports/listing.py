"""The rows of one page of a list: sorted, selected, and found by keyset when the address says after which row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inventory_ops.kit.db import keyset
from inventory_ops.kit.reports import led, ordered
from inventory_ops.kit.reports.columns import Column
from inventory_ops.kit.reports.ordered import Listing, Place
from inventory_ops.kit.reports.report import Selection


def read(
    selection: Selection,
    columns: Sequence[Column],
    *,
    sort: str,
    place: Place,
    per_page: int,
    viewer: Any,
    is_long: bool = False,
) -> Listing:
    """One query, and one more when a column is late. `is_long`: there are too many rows to look up a late column of
    all of them, so one that they are sorted by leads (`led`). Raises keyset.BadToken."""
    if is_long and selection.report.columns_by_key[sort.removeprefix("-")].late:
        return led.read(selection, columns, sort=sort, place=place, per_page=per_page, viewer=viewer)
    backwards = bool(place.before)
    found, names = ordered.some(
        selection, selection.rows, columns, sort=sort, place=place, backwards=backwards, most=per_page + 1,
        viewer=viewer,
    )  # fmt: skip
    more = len(found) > per_page
    found = found[:per_page]
    if backwards and names:
        found.reverse()
        more = True  # the page that we came back from
    if any(each.late for each in columns):
        selection.report.look_up(found)
    if not names or not found:
        return Listing(found, more)
    first, last = ([row[name] for name in names] for row in (found[0], found[-1]))
    return Listing(found, more, keyset.write_token(first), keyset.write_token(last))
