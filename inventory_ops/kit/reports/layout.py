"""Which columns of a list are shown at which width, so that a row is one line and no page scrolls sideways.

Widths are estimates in CSS pixels, the padding included; what is measured is measured by tests/browser/test_widths.py.
The stylesheet hides a column of class `from-N` while the list is narrower than N (static/css/list-widths.css).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports.columns import Column

STEP = 60
NARROWEST = 660  # below that the rows are cards
WIDEST = 1_680
CHECKBOX = 42
EDGES = 12  # the first and the last cell stand off the border
LETTER = 6.9  # of a head, on average
AROUND_HEAD = 40  # padding and the mark of the order

LEAST, MOST, GRAIN = 80, 600, 40  # of a width that a person sets

type Classes = dict[str, str]
type Widths = Mapping[str, int]


def classes(
    columns: Sequence[Column], *, sort: str, selectable: bool, picked: bool, widths: Widths = MappingProxyType({})
) -> Classes:
    """The classes of each column's cells, by key. Columns that the viewer `picked` are all shown: the list scrolls."""
    starts = {} if picked else _starts(columns, sort=sort.removeprefix("-"), selectable=selectable, widths=widths)
    result = {}
    for column in columns:
        names = [f"is-wide-{column.width}", "is-flexible"] if column.flexible else []
        if width := widths.get(column.key):
            names = ["is-set", f"has-{width}"]
        if start := starts.get(column.key):
            names.append(f"from-{start}")
        result[column.key] = " ".join(names)
    return result


def width_of(column: Column) -> int:
    """How wide a column is at least: its head is not cut."""
    return max(column.width, round(len(column.title) * LETTER) + (AROUND_HEAD if column.sortable else 20))


def read_widths(text: str) -> dict[str, int]:
    """Widths by key from a text like `sku:140,price:100`; what is not a width is left out."""
    pairs = (part.partition(":") for part in text.split(","))
    return checked_widths({key: whole(width) for key, _colon, width in pairs})


def checked_widths(wanted: Mapping[str, Any]) -> dict[str, int]:
    """Within bounds, and in steps that the stylesheet knows."""
    return {
        str(key): min(max(round(width / GRAIN) * GRAIN, LEAST), MOST)
        for key, width in wanted.items()
        if isinstance(width, int) and width > 0
    }


def widths_text(widths: Widths) -> str:
    return ",".join(f"{key}:{width}" for key, width in widths.items())


def _starts(columns: Sequence[Column], *, sort: str, selectable: bool, widths: Widths) -> dict[str, int]:
    """The width from which each column is shown; those that always are, are left out."""
    used = EDGES + (CHECKBOX if selectable else 0)
    starts = {}
    for column in by_importance(columns, sort=sort):
        used += widths.get(column.key) or width_of(column)
        if used > NARROWEST:
            starts[column.key] = min(-(-used // STEP) * STEP, WIDEST)
    return starts


def by_importance(columns: Sequence[Column], *, sort: str) -> list[Column]:
    """The first column names the row; then what the list is ordered by, what decides, and the rest as it stands."""
    if not columns:
        return []
    first, *rest = columns
    return [first, *sorted(rest, key=lambda column: (column.key != sort, not column.decides))]
