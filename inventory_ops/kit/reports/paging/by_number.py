"""A page of a list by its number: where no value of a row names its place, its rows are counted off."""

from __future__ import annotations

from inventory_ops.kit.reports.paging.place import Listing
from inventory_ops.kit.reports.report import Selection
from inventory_ops.kit.reports.request import PageRequest


def read(selection: Selection, asked: PageRequest) -> Listing:
    """One query."""
    rows = selection.report.page_values(selection.rows, asked.read_columns, viewer=asked.viewer)
    ordered = rows.order_by(*selection.report.ordering(asked.sort, rows))
    found = list(ordered[asked.offset : asked.offset + asked.per_page + 1])
    return Listing(found[: asked.per_page], len(found) > asked.per_page)
