"""The file of rejected rows, which comes back corrected, and the template of a kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress

from inventory_ops.kit.imports import ERROR_COLUMN, FileRefused, ImportSpec
from inventory_ops.kit.imports.tables import Batch
from inventory_ops.models import Import
from inventory_ops.operations.imports.planning import Looked
from inventory_ops.operations.imports.uploads import is_stored, limits, planned


def error_file(job: Import, name: str = "") -> Iterator[bytes] | None:
    """The refused rows as they stood in the file, with what is wrong with them, to be corrected and uploaded again.

    Of several files, `name` says which. None when the file is no longer kept, or was refused before its first row. It
    ends where the file cannot be read.
    """
    if not is_stored(job):
        return None
    with planned(job) as found:
        if not any(_is_it(each, name) for each in found.looked):
            return None
    return _of_file(job, name)


def _of_file(job: Import, name: str) -> Iterator[bytes]:
    with planned(job) as found:  # for as long as the rows are sent
        for each in found.looked:
            if _is_it(each, name):
                yield from _rejected(job, each, name)
                return


def _is_it(looked: Looked, name: str) -> bool:
    return bool(looked.layout) and name in {"", looked.source.short_name}


def _rejected(job: Import, looked: Looked, name: str) -> Iterator[bytes]:
    layout = looked.layout
    assert layout is not None
    problems: dict[int, list[str]] = {}
    rows = job.errors.filter(file=name) if name else job.errors.all()
    for error in rows.order_by("line", "id"):
        problems.setdefault(error.line, []).append(f"{error.column} {error.message}".strip())
    group = group_of(looked)
    with suppress(FileRefused), layout.open(limits(), keep_ragged=True) as table:
        header = table.header
        kept = [position for position, cell in enumerate(header) if cell != ERROR_COLUMN]
        yield _line([*(header[position] for position in kept), ERROR_COLUMN], start="\ufeff")

        def shown(line: int, row: list[str]) -> bytes:
            cells = [row[p] for p in kept] if len(row) == len(header) else row
            return _line([*cells, "; ".join(problems.get(line, []))])

        for rows_of_group in _groups(table.batches(), header.index(group) if group in header else None):
            if any(line in problems for line, _ in rows_of_group):
                yield b"".join(shown(line, row) for line, row in rows_of_group)


def group_of(looked: Looked) -> str:
    """The header whose rows belong together: one that is refused cannot be read again without the others."""
    layout = looked.layout
    if layout is None:
        return ""
    if layout.part is not None:
        return layout.part.group
    carried = looked.spec.carried if looked.spec else None
    names = [looked.spec.name_of(cell) for cell in layout.cells] if looked.spec else []
    if carried and carried.key in names and "item_id" not in names:
        return layout.cells[names.index(carried.key)]
    return ""


def _groups(batches: Iterator[Batch], at: int | None) -> Iterator[list[tuple[int, list[str]]]]:
    """Rows that follow each other with the same value in a column; each row alone without one."""
    group: list[tuple[int, list[str]]] = []
    for lines, rows in batches:
        for line, row in zip(lines, rows, strict=True):
            if group and (at is None or at >= len(row) or row[at] != group[0][1][at]):
                yield group
                group = []
            group.append((line, row))
    if group:
        yield group


def _line(cells: Sequence[str], start: str = "") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return (start + text.getvalue()).encode()


def template(spec: ImportSpec) -> bytes:
    """A file with the header and one row of examples."""
    return _line([column.name for column in spec.columns]) + _line([column.example for column in spec.columns])
