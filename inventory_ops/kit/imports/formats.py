"""Foreign layouts: how a file of another shop's export is known, and how its rows become rows of our kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from inventory_ops.kit.imports.columns import plain
from inventory_ops.kit.imports.dialect import Dialect, in_zone, iso_moment, with_point
from inventory_ops.kit.imports.errors import RowError
from inventory_ops.kit.imports.values import BadValue
from inventory_ops.kit.registry import IMPORTS, Registry
from inventory_ops.kit.spreadsheets import as_written

type Answers = Mapping[str, Any]
type Values = Mapping[str, str | None]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a file cannot say. `column` is the header whose values are asked for, one by one."""

    key: str
    text: str
    required: bool = True
    column: str = ""
    # of these rows only; and whether the question comes up at all for a row
    asks: Callable[[Record], str] | None = None

    @property
    def is_map(self) -> bool:
        return bool(self.column)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a format. A header that has all of `signature` (and none of `without`) is this one."""

    name: str
    kind: str  # what a row of the file is, for its counts
    signature: tuple[str, ...]
    without: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    numbers: tuple[str, ...] = ()  # columns that show the decimal mark, where it is the shop's
    group: str = ""  # rows with the same value here belong together: none of them can be read again alone
    encoding: str = "utf-8-sig"  # of a file that is not UTF-8
    quoted: bool | None = None  # None: told from the file


@dataclass(frozen=True, slots=True)
class Format:
    """One foreign layout: one file in `formats/`.

    `read` goes through the files and says of each row what it is: rows of our kinds, or why it is left out or refused.
    `columns` says by kind and column of ours which header of theirs it comes from, for messages and the help page.
    """

    name: str
    title: str
    what: str  # what is counted: orders, products, rows
    where: str  # how the export is made in that shop
    parts: tuple[Part, ...]
    columns: Mapping[str, Mapping[str, str]]
    read: Callable[[Bundle, Output], None]
    guarded: bool = False  # texts may begin with an apostrophe that the shop put before = + - @

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.columns)


registry: Registry[Format] = Registry("format of import files", later=IMPORTS)


def register(found: Format) -> Format:
    return registry.add(found.name, found)


class Refused(Exception):
    """The row cannot be taken: `column` is the header it is about."""

    def __init__(self, column: str, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.column, self.code = column, code


class LeftOut(Exception):
    """The row is not wrong, and not ours."""


class Rowed(Protocol):
    header: list[str]

    def batches(self, size: int = 5000) -> Iterator[tuple[list[int], list[list[str]]]]: ...


@dataclass
class File:
    """One file of a bundle, with what was answered for it."""

    name: str
    part: Part
    table: Callable[[], Any]  # a context manager that gives a Rowed; a file may be read more than once
    dialect: Dialect
    answers: Answers
    guarded: bool = False
    index: int = 0
    rows: int = 0
    left_out: int = 0
    warned: int = 0
    refused: int = 0
    width: int = 0
    used: set[str] = field(default_factory=set)
    problems: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    left: list[RowError] = field(default_factory=list)

    def answer(self, key: str, value: str, column: str) -> str:
        """What was answered for one value of a map. Raises Refused where nothing was."""
        found = self.answers.get(key)
        if isinstance(found, Mapping):
            if value in found:
                return str(found[value])
            folded = {str(theirs).strip().casefold(): str(ours) for theirs, ours in found.items()}
            if value.casefold() in folded:
                return folded[value.casefold()]
        elif isinstance(found, str) and found == "own code":
            return value
        elif isinstance(found, str) and found:
            return found
        raise Refused(column, "Nobody said what this is here: answer the question, or leave it out", "unanswered")


class _Places(dict[str, int | None]):
    """Header → position; remembers which were asked for."""

    def __init__(self, header: Sequence[str], used: set[str]) -> None:
        super().__init__()
        self.header = list(header)
        self._at = {plain(name): n for n, name in reversed(list(enumerate(header)))}
        self._used = used

    def __missing__(self, name: str) -> int | None:
        found = self._at.get(plain(name))
        if found is not None:
            self._used.add(plain(name))
        self[name] = found
        return found


class Record:
    """One row of a foreign file: cells by header, without the blanks around them; '' for a column that is not there."""

    __slots__ = ("_places", "cells", "file", "line")

    def __init__(self, file: File, places: _Places, line: int, cells: list[str]) -> None:
        self.file, self._places, self.line, self.cells = file, places, line, cells

    @property
    def headers(self) -> list[str]:
        return self._places.header

    def at(self, name: str) -> int:
        """Where a column stands; -1 if it is not there."""
        found = self._places[name]
        return -1 if found is None else found

    def first(self, *names: str) -> str:
        """The first of several names that the column may have in this shop's versions."""
        return next((name for name in names if self._places[name] is not None), names[0])

    def raw(self, name: str) -> str:
        """The cell as it stands, blanks included."""
        at = self._places[name]
        text = self.cells[at] if at is not None else ""
        return as_written(text) if self.file.guarded and text[:1] == "'" else text

    def __getitem__(self, name: str) -> str:
        return self.raw(name).strip()

    def code(self, name: str) -> str:
        """An SKU or another code: as it stands, but '' for blanks alone."""
        text = self.raw(name)
        return text if text.strip() else ""

    def number(self, name: str) -> str:
        """A number in our own form; what is none comes as it is, for the check to refuse."""
        text = self[name]
        return with_point(text) if self.file.dialect.decimal == "," else text

    def number_of(self, text: str, name: str) -> Decimal:
        """A number that was taken out of the column `name`. Raises Refused."""
        text = with_point(text.strip()) if self.file.dialect.decimal == "," else text.strip()
        if not _NUMBER.fullmatch(text):
            raise Refused(name, f"{text or 'empty'} is not a number", "number")
        return Decimal(text)

    def decimal(self, name: str) -> Decimal | None:
        """A number; None for an empty cell. Raises Refused."""
        return self.number_of(self[name], name) if self[name] else None

    def moment(self, name: str, order: str = "ymd") -> str:
        """A moment in ISO 8601; one without an offset in the zone of the answers, if there is one. Raises Refused."""
        return self.moment_of(name, self[name], order)

    def moment_of(self, name: str, text: str, order: str = "ymd") -> str:
        """The same of a text that was made of the column `name`."""
        if not text:
            return ""
        try:
            text = iso_moment(text, order) if order != "ymd" else text
        except BadValue as error:
            raise Refused(name, f"{text} {error}", error.code) from error
        zone = self.file.dialect.zone
        return in_zone(text, zone) if zone else text

    def mapped(self, key: str, name: str) -> str:
        """Our word for the cell, as answered under `key`. Raises Refused."""
        return self.file.answer(key, self[name], name)

    def warn(self, column: str, message: str, code: str = "warning") -> None:
        _keep(self.file.warnings, RowError(self.line, column, self[column][:200] if column else "", code, message))
        self.file.warned += 1


class Output(Protocol):
    """Where a format puts what it made of a row."""

    def row(self, kind: str, record: Record, values: Values) -> None: ...

    def location(self, code: str, name: str) -> None:
        """A place that is made if nobody knows it yet."""

    def known_vendors(self) -> Mapping[str, str]:
        """Currency by vendor number."""

    def digits(self, currency: str) -> int:
        """Decimals of a currency's smallest unit."""

    def sku_named(self, vendor: str, name: str) -> str:
        """The SKU of the only product of that name; '' for none or several."""


KEPT = 100_000  # remarks of a kind of a file


def _keep(remarks: list[RowError], remark: RowError) -> None:
    if len(remarks) < KEPT:
        remarks.append(remark)


@dataclass
class Bundle:
    """The files that are read together, and the loop over their rows that every format uses."""

    files: list[File]

    def of(self, part: str) -> list[File]:
        return [file for file in self.files if file.part.name == part]

    def records(self, part: str = "") -> Iterator[Record]:
        """All rows of a part; each is counted once, when it is read first."""
        for file in self.of(part):
            yield from records_of(file)

    def each(self, handle: Callable[[Record], None], part: str = "") -> None:
        """Hand every row of a part to `handle`, which may raise Refused or LeftOut."""
        for record in self.records(part):
            judged(record, handle)


def records_of(file: File) -> Iterator[Record]:
    with file.table() as table:
        file.width = len(table.header)
        places = _Places(table.header, file.used)
        count = 0
        for lines, rows in table.batches():
            count += len(rows)
            for line, cells in zip(lines, rows, strict=True):
                yield Record(file, places, line, cells)
        file.rows = max(file.rows, count + len(table.errors))
        if not file.problems:
            file.problems.extend(table.errors)
            file.refused += len(table.errors)


def judged(record: Record, handle: Callable[[Record], None]) -> None:
    file = record.file
    try:
        handle(record)
    except Refused as refusal:
        value = record[refusal.column][:200] if refusal.column else ""
        _keep(file.problems, RowError(record.line, refusal.column, value, refusal.code, str(refusal)))
        file.refused += 1
    except LeftOut as reason:
        _keep(file.left, RowError(record.line, "", "", "left_out", str(reason)))
        file.left_out += 1


def straight(kind: str, columns: Mapping[str, str], **constants: str) -> Callable[[Bundle, Output], None]:
    """How a layout is read whose rows are rows of ours already, under other headers. `constants` are added to each."""

    def read(bundle: Bundle, out: Output) -> None:
        def add(record: Record) -> None:
            given = {ours: record.raw(theirs) for ours, theirs in columns.items() if record.at(theirs) >= 0}
            out.row(kind, record, given | constants)

        bundle.each(add)

    return read


def text_of_html(html: str) -> str:
    """A short description without tags and entities."""
    from html import unescape

    blocks = re.sub(r"</?(?:p|br|li|ul|ol|div|h[1-6]|tr|td|table)\b[^>]*>", " ", html, flags=re.IGNORECASE)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", blocks)).split())


def paths(text: str, *, step: str, between: str, drop: Iterable[str] = ()) -> list[list[str]]:
    """Category paths of a cell, as lists of names from the root down; a root in `drop` is left away."""
    found = []
    for path in text.split(between) if between else [text]:
        names = [name.strip() for name in path.split(step) if name.strip()]
        if names and names[0] in drop:
            names = names[1:]
        if names:
            found.append(names)
    return found


class Categories:
    """Categories that products name, each made once with the parent it was first seen below."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def add(self, names: Sequence[str]) -> None:
        for n, name in enumerate(names):
            parent = names[n - 1] if n else ""
            # a name alone that a path knows is the same category
            if not self._parents.get(name):
                self._parents[name] = parent

    def put(self, record: Record | None, out: Output) -> None:
        if record is None:
            return
        for name, parent in self._parents.items():
            out.row("categories", record, {"name": name, "parent": parent or None})
