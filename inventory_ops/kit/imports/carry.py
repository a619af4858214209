"""Rows that leave out what stands on the first row of their kind (Shopify writes an order's columns once)."""

from __future__ import annotations

from collections.abc import Iterator

from inventory_ops.kit.imports.columns import Carried
from inventory_ops.kit.imports.tables import Batch


def carry_down(batches: Iterator[Batch], header: list[str], carried: Carried) -> Iterator[Batch]:
    """The batches, in which rows without a mark have the first row's cells where they have none."""
    if carried.key not in header or carried.mark not in header:
        yield from batches
        return
    key, mark = header.index(carried.key), header.index(carried.mark)
    places = [header.index(name) for name in carried.columns if name in header]
    first: list[str] | None = None
    for lines, rows in batches:
        for row in rows:
            if len(row) <= max(key, mark):
                continue
            if row[mark] and not row[mark].isspace():
                first = row
            elif first is not None and row[key] == first[key]:
                for place in places:
                    if not row[place].strip():
                        row[place] = first[place]
        yield lines, rows
