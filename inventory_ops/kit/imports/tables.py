"""Rows of a text file, one batch after the other, each with the physical line it begins on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Protocol, cast

from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.errors import FileRefused, RowError, refused
from inventory_ops.kit.imports.files import DAMAGED
from inventory_ops.kit.imports.sniff import trimmed

LONGEST_FIELD = 100_000  # characters; a missing closing quote runs into it soon
LONGEST_ROW = 2_000_000  # characters; a small .gz may hold one of gigabytes
MOST_COLUMNS = 500
csv.field_size_limit(LONGEST_FIELD)

type Batch = tuple[list[int], list[list[str]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a file from a stranger, counted after unpacking. None means unbounded."""

    max_bytes: int | None = None
    max_rows: int | None = None


class Table(Protocol):
    """A header as written, and the rows below it."""

    header: list[str]
    errors: list[RowError]
    line: int  # of the header

    @property
    def rows(self) -> int: ...

    def batches(self, size: int = 5000) -> Iterator[Batch]: ...


class Counted:
    """Counts rows, up to a limit."""

    source: IO[bytes]  # where the bytes come from, for who shows how far it is

    def __init__(self, limits: Limits) -> None:
        self.rows = 0
        self._most = limits.max_rows

    def count(self) -> None:
        self.rows += 1
        if self._most is not None and self.rows > self._most:
            raise refused(f"The file has more than {self._most:,} rows. Split it.", code="too_many_rows")


class TextTable(Counted):
    """Rows of a delimited text; `errors` collects ragged rows on the way. With `keep_ragged` they come as they are.

    A NUL refuses the file, unless the caller can say of a row alone what is wrong with it (`keep_nul`).
    Raises FileRefused.
    """

    def __init__(
        self,
        source: IO[bytes],
        dialect: Dialect,
        limits: Limits | None = None,
        *,
        keep_ragged: bool = False,
        keep_nul: bool = False,
    ) -> None:
        limits = limits or Limits()
        super().__init__(limits)
        self.errors: list[RowError] = []
        self.line = dialect.header_line
        self._delimiter = dialect.delimiter
        self._keep_ragged = keep_ragged
        self._encoding = dialect.encoding
        wide = dialect.encoding.startswith("utf-16")
        bounded = io.BufferedReader(_Bounded(source, limits.max_bytes, takes_nul=wide or keep_nul), 1 << 18)
        self._text = _Lines(io.TextIOWrapper(bounded, encoding=dialect.encoding, errors="strict", newline=""))
        self._reader = csv.reader(
            self._text,
            delimiter=dialect.delimiter,
            quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
            strict=True,
        )
        header = self._next()
        while header is not None and self._reader.line_num < dialect.header_line:
            header = self._next()
        if header is None:
            raise refused("The file is empty. A line must name the columns.", line=1, code="empty")
        self.header = trimmed(header)
        if (wide or keep_nul) and any("\0" in cell for cell in header):
            raise refused("The file is UTF-32 or no text. Save it as “CSV UTF-8”.", line=1, code="encoding")
        if len(self.header) > MOST_COLUMNS:
            message = f"The header names {len(self.header):,} columns, more than any kind has."
            raise refused(message, line=self.line, code="header")

    def batches(self, size: int = 5000) -> Iterator[Batch]:
        width = len(self.header)
        lines: list[int] = []
        rows: list[list[str]] = []
        reader = self._reader
        while True:
            start = reader.line_num + 1
            row = self._next()
            if row is None:
                break
            if len(row) != width:
                row = self._fit(row, width, start)
                if row is None:
                    continue
            if not any(row):
                continue
            self.count()
            lines.append(start)
            rows.append(row)
            if len(rows) == size:
                yield lines, rows
                lines, rows = [], []
        if rows:
            yield lines, rows

    def _fit(self, row: list[str], width: int, line: int) -> list[str] | None:
        """A row that is longer by empty cells alone, cut; any other is ragged."""
        if len(row) > width and not any(map(str.strip, row[width:])):
            return row[:width]
        if self._keep_ragged or not any(row):
            return row if any(row) else None
        self.count()
        self.errors.append(_ragged(line, row, width, self._delimiter))
        return None

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
            raise _broken_quote(start, self._text.marked, str(error), self._delimiter) from error
        except UnicodeError as error:
            raise self._not_decodable(error) from error

    def _not_decodable(self, error: UnicodeError) -> FileRefused:
        line = self._reader.line_num + 1
        name = self._encoding.upper().removesuffix("-SIG")
        byte = f": byte 0x{error.object[error.start]:02x}" if isinstance(error, UnicodeDecodeError) else ""
        return refused(
            f"Not {name} in or after line {line}{byte}. Say its encoding, or save it as “CSV UTF-8”.",
            line=line,
            code="encoding",
        )


class _Bounded(io.RawIOBase):
    """Counts the bytes that were read, refuses NUL bytes, and stops at a limit (a small .gz may hold terabytes)."""

    def __init__(self, source: IO[bytes], limit: int | None, *, takes_nul: bool) -> None:
        self._source = source
        self._limit = limit
        self._takes_nul = takes_nul
        self._seen = 0
        self._lines = 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        try:
            block = self._source.read(len(view))
        except DAMAGED as error:
            raise refused("The .gz or .zip file is damaged or cut off. Pack it again.", code="gzip") from error
        except OSError as error:
            raise refused(f"The file cannot be read: {error.strerror}", code="unreadable") from error
        self._seen += len(block)
        if self._limit is not None and self._seen > self._limit:
            raise refused(f"The file is larger than {self._limit // 1024**2} MB. Split it.", code="too_large")
        if not self._takes_nul:
            self._refuse_nul(block)
        view[: len(block)] = block
        return len(block)

    def _refuse_nul(self, block: bytes) -> None:
        if (at := block.find(b"\0")) >= 0:
            line = self._lines + block.count(b"\n", 0, at)
            raise refused("The file holds a NUL byte. Remove it.", line=line, code="nul")
        self._lines += block.count(b"\n")


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


def _broken_quote(start: int, lines: Sequence[str], reason: str, delimiter: str) -> FileRefused:
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
            field_start = character == delimiter and not in_quotes
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


def _ragged(line: int, row: list[str], width: int, delimiter: str) -> RowError:
    names = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
    return RowError(
        line=line,
        column="",
        value=delimiter.join(row)[:200],
        code="ragged",
        message=f"has {len(row)} cells, the header has {width}. Quote a value that holds {names[delimiter]}.",
    )
