"""Rows of a workbook's sheet (.xlsx), read as a stream."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import IO, Any

from inventory_ops.kit.imports.errors import FileRefused, RowError, refused
from inventory_ops.kit.imports.sniff import HEADER_WITHIN, Judge, Row, best_of, trimmed
from inventory_ops.kit.imports.tables import Batch, Counted, Limits

SAMPLE_ROWS = HEADER_WITHIN + 200
MOST_CELLS_WIDE = 500
LARGEST_RATIO = 4  # a sheet's XML is that much larger than the same rows as CSV


class SheetTable(Counted):
    """Rows of the sheet whose header the judge likes best; a row's line is its number in the sheet."""

    def __init__(self, source: IO[bytes], judge: Judge, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        super().__init__(limits)
        self.errors: list[RowError] = []
        self._book = _book(_seekable(source), limits)
        found = self._find(judge)
        if found is None:
            raise refused("The workbook has no sheet with a header and rows.", line=1, code="empty")
        self.score, self._sheet, self.line, self.header, self.sample = found

    def _find(self, judge: Judge) -> tuple[float, Any, int, list[str], list[Row]] | None:
        best: tuple[float, Any, int, list[str], list[Row]] | None = None
        for sheet in self._book.worksheets:
            rows = [(line, cells) for line, cells in islice(_rows(sheet), SAMPLE_ROWS) if any(cells)]
            found = best_of(rows, judge)
            if found and (best is None or found[1] > best[0]):
                at, score = found
                line, cells = rows[at]
                best = (score, sheet, line, trimmed(cells), rows[at + 1 :])
        return best

    def batches(self, size: int = 5000) -> Iterator[Batch]:
        width = len(self.header)
        lines: list[int] = []
        rows: list[list[str]] = []
        for line, cells in _rows(self._sheet):
            if line <= self.line or not any(cells):
                continue
            self.count()
            if any(cells[width:]):
                message = f"has {len(trimmed(cells))} cells, the header has {width}."
                self.errors.append(RowError(line, "", ",".join(cells)[:200], "ragged", message))
                continue
            lines.append(line)
            rows.append(cells[:width] + [""] * (width - len(cells)))
            if len(rows) == size:
                yield lines, rows
                lines, rows = [], []
        if rows:
            yield lines, rows


def _seekable(source: IO[bytes]) -> IO[bytes]:
    """A workbook inside a .zip is unpacked first: it is read to and fro."""
    if not isinstance(source, zipfile.ZipExtFile):
        return source
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the table
    shutil.copyfileobj(source, copy)
    copy.seek(0)
    return copy


def _book(source: IO[bytes], limits: Limits) -> Any:
    import openpyxl

    try:
        unpacked = sum(member.file_size for member in zipfile.ZipFile(source).infolist())
        if limits.max_bytes is not None and unpacked > limits.max_bytes * LARGEST_RATIO:
            raise refused("The workbook is too large. Split it, or save it as “CSV UTF-8”.", code="too_large")
        return openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
    except FileRefused:
        raise
    except Exception as error:  # the library has no error of its own for what is broken inside
        raise refused("The workbook cannot be read. Save it as “CSV UTF-8”.", code="workbook") from error


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what other tools than Excel write there is often wrong
    for line, values in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_CELLS_WIDE), 1):
        yield line, _texts(values)


def _texts(values: Sequence[Any]) -> list[str]:
    return ["" if value is None else value if type(value) is str else _text(value) for value in values]


def _text(value: Any) -> str:
    """A cell's value as a file of our own would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # 15 digits are what a spreadsheet keeps: 0.30000000000000004 was 0.3
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
