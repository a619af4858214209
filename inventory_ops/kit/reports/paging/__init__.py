"""The rows of one page of a list. Three ways: by the row before it, by its number, or by what a scan found."""

from __future__ import annotations

from inventory_ops.kit.reports.paging import by_findings, by_key, by_number
from inventory_ops.kit.reports.paging.place import Listing, Place
from inventory_ops.kit.reports.report import Selection
from inventory_ops.kit.reports.request import PageRequest

__all__ = ["Listing", "Place", "read"]


def read(selection: Selection, asked: PageRequest, *, is_long: bool = False) -> Listing:
    """One query, and one more when a column is late. `is_long`: there are too many rows to look up a late column of
    all of them, so one that they are sorted by is read from its own table. Raises keyset.BadToken."""
    if is_long and asked.sort_column.late:
        found = by_findings.read(selection, asked)
    elif by_key.serves(selection, asked):
        found = by_key.read(selection, asked)
    else:
        found = by_number.read(selection, asked)
    if any(column.late for column in asked.read_columns):
        selection.report.look_up(found.rows, viewer=asked.viewer)
    return found
