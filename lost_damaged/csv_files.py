"""Reading the CSV of Finance Import: any of four delimiters, encodings with a mark, physical line numbers.

Spreadsheets of finance people come in more shapes than the files of `load`: what can be told for sure is told, an
encoding without a mark other than UTF-8 is asked for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from inventory_ops.kit.spreadsheets import as_written
from lost_damaged import items
from lost_damaged.errors import Code, ItemError
from lost_damaged.items import Item

DELIMITERS = (",", ";", "\t", "|")
COLUMNS = ("SKU", "UID", "Status", "Order Item Shop ID")
REQUIRED = COLUMNS[:3]
ADDED = ("Line", "Error Code", "Error Column", "Error Message")
ALIASES = {"id sales order item": "Order Item Shop ID"}
ENCODINGS = ("utf-8", "cp1252", "iso-8859-15", "utf-16-le", "utf-16-be")

_KNOWN = {name.lower(): name for name in (*COLUMNS, *ADDED)} | ALIASES


class FileRefused(Exception):
    """Nothing of the file can be taken; the message says why, where, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it starts in the file, its cells as written, and the item or what is wrong with it."""

    line: int
    cells: list[str]
    item: Item | None
    error: ItemError | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: its cells, the known name of each, and how the file is written."""

    cells: list[str]
    names: list[str]
    delimiter: str
    encoding: str


def encoding_of(start: bytes, asked: str = "") -> str:
    """The encoding that the first bytes or the user tell. Raises FileRefused for what is no text."""
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileRefused("This is an Excel or zip file. In the spreadsheet choose “Save as › CSV UTF-8”.")
    if start.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if asked and asked not in ENCODINGS:
        raise FileRefused("Choose one of the encodings offered.")
    return asked or "utf-8"


def read(source: IO[bytes], *, encoding: str = "", most_rows: int | None = None) -> tuple[Header, Iterator[Row]]:
    """The header and the rows of a file. Raises FileRefused, also while the rows are read."""
    found = encoding_of(source.read(4), encoding)
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=found, errors="strict", newline="")
    lines = _Lines(text)
    try:
        first = lines.peek()
    except UnicodeError as error:
        raise _not_decodable(found, 1) from error
    header = _header(first, found)
    return header, _rows(lines, header, most_rows)


class _Lines:
    """Lines of a text, the first of which can be looked at in advance."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._kept: list[str] = []

    def peek(self) -> str:
        if not self._kept:
            self._kept.append(self._text.readline(100_000))
        return self._kept[0]

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        return self._kept.pop() if self._kept else next(self._text)


def _header(line: str, encoding: str) -> Header:
    if not line.strip():
        raise FileRefused("The file is empty, or its first line is. The first line must name the columns.")
    if "\x00" in line:
        raise FileRefused("The file is no text, or in an encoding that it does not say. Save it as “CSV UTF-8”.")
    best: list[str] = []
    delimiter = ","
    for candidate in DELIMITERS:
        try:
            cells = next(csv.reader([line], delimiter=candidate))
        except (csv.Error, StopIteration):
            continue
        if sum(name_of(cell) in _KNOWN.values() for cell in cells) > sum(
            name_of(cell) in _KNOWN.values() for cell in best
        ):
            best, delimiter = cells, candidate
    if not best:
        raise FileRefused(
            f"Line 1 names none of the columns {', '.join(COLUMNS)}, separated by comma, semicolon, tab or bar."
        )
    while best and not best[-1].strip():
        best.pop()
    names = [name_of(cell) for cell in best]
    problems = [
        f"unknown column “{items.visible(cell)}”"
        for cell, name in zip(best, names, strict=True)
        if name not in _KNOWN.values()
    ]
    problems += [f"column {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [f"column {name} is missing" for name in REQUIRED if name not in names]
    if problems:
        raise FileRefused(f"Line 1: {'; '.join(problems)}. Known columns: {', '.join(COLUMNS)}.")
    return Header(best, names, delimiter, encoding)


def name_of(cell: str) -> str:
    """The known name of a header's cell, in any case and with _ for blanks; else the cell itself."""
    plain_name = " ".join(cell.replace("_", " ").lower().split())
    return _KNOWN.get(plain_name, cell)


def _rows(lines: _Lines, header: Header, most_rows: int | None) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
    width = len(header.names)
    count = 0
    start = 1
    try:
        next(reader)
        while True:
            start = reader.line_num + 1
            cells = next(reader)
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if most_rows is not None and count > most_rows:
                raise FileRefused(f"The file has more than {most_rows:,} rows. Split it.")
            yield _row(start, cells, header.names)
    except StopIteration:
        return
    except UnicodeError as error:
        raise _not_decodable(header.encoding, start) from error
    except csv.Error as error:
        reason = str(error)
        if "unexpected end" in reason or "field larger" in reason:
            reason = "a quote that opens here is never closed, or a field is far too long"
        raise FileRefused(f"Line {start}: {reason}. Nothing of the file was taken.") from error


def _not_decodable(encoding: str, line: int) -> FileRefused:
    asked = "" if encoding.startswith("utf") else " Another encoding than the one you chose?"
    return FileRefused(
        f"After line {line} the file is not {encoding.upper().removesuffix('-SIG')}.{asked}"
        " Choose its encoding below, or save it as “CSV UTF-8”."
    )


def _row(line: int, cells: list[str], names: Sequence[str]) -> Row:
    if len(cells) != len(names):
        error = ItemError(
            Code.FIELD,
            "",
            f"The row has {len(cells)} cells, the header has {len(names)}. Quote what holds a delimiter.",
        )
        return Row(line, cells, None, error)
    given = dict(zip(names, map(as_written, cells), strict=True))
    try:
        item = items.of_texts(
            line,
            sku=given["SKU"],
            uid=given["UID"],
            status=given["Status"],
            shop_item_id=given.get("Order Item Shop ID", ""),
        )
    except ItemError as error:
        return Row(line, cells, None, error)
    return Row(line, cells, item)


def cell_of(cells: Sequence[str], header: Sequence[str], name: str) -> str:
    """The cell of a row under a known column; empty when the row is too short."""
    position = [name_of(cell) for cell in header].index(name)
    return cells[position] if position < len(cells) else ""


def template() -> str:
    return ",".join(COLUMNS) + "\r\nexample-sku-123,123-A-321,written-off,\r\n"
