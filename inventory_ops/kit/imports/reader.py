"""Reading a CSV file: encoding, header, quotes, and the physical line each row starts on."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from inventory_ops.kit.imports.spec import ImportSpec, RowError

LONGEST_FIELD = 100_000  # characters; a missing closing quote runs into it soon
LONGEST_ROW = 2_000_000  # characters; a small .gz may hold one of gigabytes
MOST_COLUMNS = 500
csv.field_size_limit(LONGEST_FIELD)
ERROR_COLUMN = "import_errors"  # what an error file says about its rows; read over when it comes back corrected


class FileRefused(Exception):
    """The file as a whole cannot be taken; holds every reason."""

    def __init__(self, *errors: RowError) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)


def refused(message: str, *, line: int = 0, column: str = "", value: str = "", code: str = "file") -> FileRefused:
    return FileRefused(RowError(line=line, column=column, value=value, code=code, message=message))


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a file from a stranger, counted after unpacking. None is no bound."""

    max_bytes: int | None = None
    max_rows: int | None = None


class _Bounded(io.RawIOBase):
    """Counts the bytes that were read, refuses NUL bytes, and stops at a limit (a small .gz may hold terabytes)."""

    def __init__(self, source: IO[bytes], limit: int | None) -> None:
        self._source = source
        self._limit = limit
        self._seen = 0
        self._lines = 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        try:
            block = self._source.read(len(view))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise refused("The .gz file is damaged or cut off. Pack it again.", code="gzip") from error
        except OSError as error:
            raise refused(f"The file cannot be read: {error.strerror}", code="unreadable") from error
        if not self._seen and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise refused("The file is UTF-16, not UTF-8. Save it as “CSV UTF-8”.", line=1, code="encoding")
        self._seen += len(block)
        if self._limit is not None and self._seen > self._limit:
            raise refused(f"The file is larger than {self._limit // 1024**2} MB. Split it.", code="too_large")
        if (at := block.find(b"\0")) >= 0:
            line = self._lines + block.count(b"\n", 0, at)
            hint = " It looks like UTF-16: save it as “CSV UTF-8”." if self._seen - len(block) + at < 4 else ""
            raise refused(f"The file holds a NUL byte.{hint} Remove it.", line=line, code="nul")
        self._lines += block.count(b"\n")
        view[: len(block)] = block
        return len(block)


class RowSource(Protocol):
    """What staging reads: a file (`Reader`), or rows from elsewhere (`Rows`)."""

    header: list[str]
    errors: list[RowError]

    @property
    def rows(self) -> int: ...

    def batches(self, size: int = 5000) -> Iterator[tuple[list[int], list[list[str]]]]: ...


class Rows:
    """Rows that were made here, as texts in the order of `header`."""

    def __init__(self, header: list[str], rows: list[list[str]]) -> None:
        self.header = header
        self.errors: list[RowError] = []
        self._rows = rows

    @property
    def rows(self) -> int:
        return len(self._rows)

    def batches(self, size: int = 5000) -> Iterator[tuple[list[int], list[list[str]]]]:
        for start in range(0, len(self._rows), size):
            block = self._rows[start : start + size]
            yield list(range(start + 2, start + 2 + len(block))), block


def open_source(path: Path) -> IO[bytes]:
    """Binary reader of a plain or gzipped file (told by its first bytes, not by its name)."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise refused(f"Cannot open the file: {error.strerror}") from error
    magic = file.peek(2)[:2]
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if magic == b"\x1f\x8b" else file


class Reader:
    """Iterate batches of (line numbers, rows); `errors` collects ragged rows on the way.

    `header` is the file's own header, already checked against `spec`. With `keep_ragged` such rows come as they are.
    Raises FileRefused.
    """

    def __init__(
        self, source: IO[bytes], spec: ImportSpec, limits: Limits | None = None, *, keep_ragged: bool = False
    ) -> None:
        self.errors: list[RowError] = []
        self._keep_ragged = keep_ragged
        self._count_of_rows = 0
        self._limits = limits or Limits()
        bounded = io.BufferedReader(_Bounded(source, self._limits.max_bytes), 1 << 18)
        self._text = _Lines(io.TextIOWrapper(bounded, encoding="utf-8-sig", errors="strict", newline=""))
        self._reader = csv.reader(self._text, strict=True)
        header = self._next()
        if header is None:
            raise refused("The file is empty. Its first line must name the columns.", line=1, code="empty")
        self.header = _checked_header(header, spec)

    @property
    def rows(self) -> int:
        """Rows read so far, ragged ones included."""
        return self._count_of_rows

    def batches(self, size: int = 5000) -> Iterator[tuple[list[int], list[list[str]]]]:
        width = len(self.header)
        lines: list[int] = []
        rows: list[list[str]] = []
        reader = self._reader
        while True:
            start = reader.line_num + 1
            row = self._next()
            if row is None:
                break
            if len(row) != width and not (self._keep_ragged and any(row)):
                if any(row):
                    self._count()
                    self.errors.append(_ragged(start, row, width))
                continue
            if not any(row):
                continue
            self._count()
            lines.append(start)
            rows.append(row)
            if len(rows) == size:
                yield lines, rows
                lines, rows = [], []
        if rows:
            yield lines, rows

    def _count(self) -> None:
        self._count_of_rows += 1
        if self._limits.max_rows is not None and self._count_of_rows > self._limits.max_rows:
            raise refused(f"The file has more than {self._limits.max_rows:,} rows. Split it.", code="too_many_rows")

    def _next(self) -> list[str] | None:
        start = self._reader.line_num + 1
        self._text.mark()
        try:
            return next(self._reader)
        except StopIteration:
            return None
        except _RowTooLong as error:
            raise refused(
                f"The row that begins here is longer than {LONGEST_ROW:,} characters. Is it a CSV file?",
                line=start,
                code="too_long",
            ) from error
        except csv.Error as error:
            raise _broken_quote(start, self._text.marked, str(error)) from error
        except UnicodeDecodeError as error:
            line = self._reader.line_num + 1
            raise refused(
                f"Not UTF-8 in or after line {line}: byte 0x{error.object[error.start]:02x}. Save it as “CSV UTF-8”.",
                line=line,
                code="encoding",
            ) from error


class _RowTooLong(Exception):
    """The lines since the row began are longer than any row may be."""


class _Lines:
    """Lines of a file, remembering those since the last row began, to find a quote that was never closed."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._room = LONGEST_ROW
        self.marked: list[str] = []

    def mark(self) -> None:
        self.marked.clear()
        self._room = LONGEST_ROW

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._room + 1)
        if not line:
            raise StopIteration
        self._room -= len(line)
        if self._room < 0:
            raise _RowTooLong
        self.marked.append(line)
        return line


def _broken_quote(start: int, lines: Sequence[str], reason: str) -> FileRefused:
    """Walk through the row's characters up to the quote that was open when the reader gave up."""
    opened = line = start
    in_quotes = False
    field_start = True
    for text in lines:
        for character in text:
            if character == '"' and in_quotes:
                in_quotes = False  # a doubled quote opens again at once, on the same line
            elif character == '"' and (field_start or not in_quotes):
                if field_start:
                    opened = line
                in_quotes = True
            field_start = character == "," and not in_quotes
        line += 1
    if "field larger" in reason or "unexpected end" in reason:
        what = "A quote that opens here is never closed."
        if "field larger" in reason:
            what = (
                f"A field is longer than {LONGEST_FIELD:,} characters; perhaps a quote that opens here is not closed."
            )
    else:
        what = f"A quote is not closed properly ({reason}). A quote inside a quoted field must be doubled."
    return refused(f"{what} Rows from here on were not read.", line=opened, code="quote")


def _ragged(line: int, row: list[str], width: int) -> RowError:
    return RowError(
        line=line,
        column="",
        value=",".join(row)[:200],
        code="ragged",
        message=f"has {len(row)} cells, the header has {width}. Quote a value that holds a comma.",
    )


def _checked_header(cells: list[str], spec: ImportSpec) -> list[str]:
    header = [cell.strip() for cell in cells]
    if len(header) == 1 and header[0] not in spec.fields:
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in header[0]:
                raise refused(f"Columns are separated by {name}. Use commas.", line=1, code="separator")
    if len(header) > MOST_COLUMNS:
        raise refused(f"The header names {len(header):,} columns, more than any kind has.", line=1, code="header")
    errors: list[RowError] = []
    by_lower = {name.lower(): name for name in spec.fields}
    names = [by_lower.get(cell.lower(), cell) for cell in header]
    for position, name in enumerate(names, 1):
        if name == ERROR_COLUMN:
            continue
        if name not in spec.fields:
            known = ", ".join(spec.fields)
            shown = name[:100] or f"(column {position} has no name)"
            errors.append(RowError(1, shown, name[:200], "unknown_column", f"Unknown column. Known: {known}."))
        elif names.index(name) != position - 1:
            errors.append(RowError(1, name, name, "duplicate_column", "The column is there twice."))
    errors += [
        RowError(1, column.name, "", "missing_column", "The column is missing.")
        for column in spec.columns
        if column.required and column.name not in names
    ]
    if errors:
        raise FileRefused(*errors)
    return names
