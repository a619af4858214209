"""Reading the CSV of Finance Import: any of four delimiters, encodings with a mark, physical line numbers.

Spreadsheets of finance people come in more shapes than the files of `load`: what can be told for sure is told, an
encoding without a mark other than UTF-8 is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from inventory_ops.kit import imports
from inventory_ops.kit.imports import Limits
from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.opening import table_of
from inventory_ops.kit.imports.tables import TextTable
from inventory_ops.kit.imports.workbooks import SheetTable
from inventory_ops.kit.spreadsheets import as_written
from lost_damaged import items
from lost_damaged.errors import Code, ItemError
from lost_damaged.items import Item

COLUMNS = ("SKU", "UID", "Status", "Order Item Shop ID")
REQUIRED = COLUMNS[:3]
ADDED = ("Line", "Error Code", "Error Column", "Error Message")
ALIASES = {"id sales order item": "Order Item Shop ID"}
ENCODINGS = ("utf-8", "cp1252", "iso-8859-15", "utf-16-le", "utf-16-be")

_KNOWN = {name.lower(): name for name in (*COLUMNS, *ADDED)} | ALIASES


class FileRefused(Exception):
    """Nothing of the file can be taken; the message says why, where, and how to correct it."""


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


def read(source: IO[bytes], *, encoding: str = "", most_rows: int | None = None) -> tuple[Header, Iterator[Row]]:
    """The header and the rows of a file. Raises FileRefused, also while the rows are read."""
    start = source.read(4)
    source.seek(0)
    marked = start.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    if encoding and not marked and encoding not in ENCODINGS:
        raise FileRefused("Choose one of the encodings offered.")
    with _place():
        table, dialect = table_of(
            source, _likes, Limits(max_rows=most_rows), encoding="" if marked else encoding or "utf-8", keep_all=True
        )
    return _checked(table.header, dialect), _rows(table)


@contextmanager
def _place() -> Iterator[None]:
    """The reader's refusal as one of ours, with its line."""
    try:
        yield
    except imports.FileRefused as error:
        first = error.errors[0]
        place = f"Line {first.line}: " if first.line else ""
        raise FileRefused(f"{place}{first.message}") from error


def _likes(cells: Sequence[str]) -> float:
    return float(len({name_of(cell) for cell in cells} & set(_KNOWN.values())))


def _checked(cells: list[str], dialect: Dialect) -> Header:
    if not _likes(cells):
        raise FileRefused(
            f"Line 1 names none of the columns {', '.join(COLUMNS)}, separated by comma, semicolon, tab or bar."
        )
    names = [name_of(cell) for cell in cells]
    problems = [
        f"unknown column “{items.visible(cell)}”"
        for cell, name in zip(cells, names, strict=True)
        if name not in _KNOWN.values()
    ]
    problems += [f"column {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [f"column {name} is missing" for name in REQUIRED if name not in names]
    if problems:
        raise FileRefused(f"Line 1: {'; '.join(problems)}. Known columns: {', '.join(COLUMNS)}.")
    return Header(cells, names, dialect.delimiter, dialect.encoding)


def _rows(table: TextTable | SheetTable) -> Iterator[Row]:
    names = [name_of(cell) for cell in table.header]
    with _place():
        for lines, rows in table.batches():
            for line, cells in zip(lines, rows, strict=True):
                if any(map(str.strip, cells)):
                    yield _row(line, cells, names)


def name_of(cell: str) -> str:
    """The known name of a header's cell, in any case and with _ for blanks; else the cell itself."""
    plain_name = " ".join(cell.replace("_", " ").lower().split())
    return _KNOWN.get(plain_name, cell)


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
