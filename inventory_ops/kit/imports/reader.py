"""A file read as one kind: its table, whose header is checked against the kind's columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Protocol

from inventory_ops.kit.imports.carry import carry_down
from inventory_ops.kit.imports.columns import Kind
from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.errors import FileRefused, RowError
from inventory_ops.kit.imports.sniff import find, text_of
from inventory_ops.kit.imports.tables import Batch, Limits, Table, TextTable
from inventory_ops.kit.imports.workbooks import SheetTable

ERROR_COLUMN = "import_errors"  # what an error file says about its rows; read over when it comes back corrected


class RowSource(Protocol):
    """What staging reads: a file (`Reader`), or rows from elsewhere (`Rows`)."""

    header: list[str]
    errors: list[RowError]

    @property
    def rows(self) -> int: ...

    def batches(self, size: int = 5000) -> Iterator[Batch]: ...


class Rows:
    """Rows that were made here, as texts in the order of `header`."""

    def __init__(self, header: list[str], rows: list[list[str]]) -> None:
        self.header = header
        self.errors: list[RowError] = []
        self._rows = rows

    @property
    def rows(self) -> int:
        return len(self._rows)

    def batches(self, size: int = 5000) -> Iterator[Batch]:
        for start in range(0, len(self._rows), size):
            block = self._rows[start : start + size]
            yield list(range(start + 2, start + 2 + len(block))), block


class Reader:
    """Iterate batches of (line numbers, rows); `errors` collects ragged rows on the way.

    `header` is the file's own header in the kind's names, already checked. With `keep_ragged` such rows come as they
    are. How the file is written is told from its first lines, unless `dialect` says it. Raises FileRefused.
    """

    def __init__(
        self,
        source: IO[bytes] | TextTable | SheetTable,
        spec: Kind,
        limits: Limits | None = None,
        *,
        dialect: Dialect | None = None,
        keep_ragged: bool = False,
    ) -> None:
        if isinstance(source, TextTable | SheetTable):
            self.table: Table = source
        else:
            dialect = dialect or sniffed(source, spec)
            self.table = TextTable(source, dialect, limits, keep_ragged=keep_ragged)
        self.dialect = dialect or Dialect()
        self.errors = self.table.errors
        self.header = checked_header(self.table.header, spec, self.table.line)
        self._carried = spec.carried

    @property
    def rows(self) -> int:
        """Rows read so far, ragged ones included."""
        return self.table.rows

    def batches(self, size: int = 5000) -> Iterator[Batch]:
        batches = self.table.batches(size)
        return carry_down(batches, self.header, self._carried) if self._carried else batches


def sniffed(source: IO[bytes], spec: Kind) -> Dialect:
    """How a file of a known kind is written; UTF-8 unless it begins with another mark."""
    text = text_of(source, whole=False)
    found = find(text.start, lambda cells: known_share(cells, spec), encoding=text.encoding or "utf-8-sig")
    return found.dialect if found and found.score else Dialect(text.encoding or "utf-8-sig")


def known_share(cells: Sequence[str], spec: Kind) -> float:
    """How many of the cells name columns of the kind."""
    names = [spec.name_of(cell) for cell in cells]
    return float(len({name for name in names if name in spec.fields}))


def checked_header(cells: list[str], spec: Kind, line: int = 1) -> list[str]:
    """The header in the kind's names. Raises FileRefused with all that is wrong, missing columns first."""
    names = [spec.name_of(cell) for cell in cells]
    errors = [
        RowError(line, column.name, "", "missing_column", "The column is missing.") for column in spec.missing(names)
    ]
    for position, name in enumerate(names, 1):
        if name == ERROR_COLUMN:
            continue
        if name not in spec.fields:
            known = ", ".join(spec.fields)
            shown = name[:100] or f"(column {position} has no name)"
            errors.append(RowError(line, shown, name[:200], "unknown_column", f"Unknown column. Known: {known}."))
        elif names.index(name) != position - 1:
            errors.append(RowError(line, name, name, "duplicate_column", "The column is there twice."))
    if errors:
        raise FileRefused(*errors)
    return names
