"""What a file is, by its header: a kind of ours, a foreign layout, or one that nobody has told us about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from inventory_ops.kit.imports import formats
from inventory_ops.kit.imports.columns import plain
from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.errors import FileRefused, refused
from inventory_ops.kit.imports.files import Source
from inventory_ops.kit.imports.formats import Format, Part
from inventory_ops.kit.imports.reader import ERROR_COLUMN
from inventory_ops.kit.imports.sniff import Row, find, text_of
from inventory_ops.kit.imports.spec import ImportSpec, registry
from inventory_ops.kit.imports.tables import Limits, TextTable
from inventory_ops.kit.imports.workbooks import SheetTable

OWN, FOREIGN = 2000.0, 1000.0
# how many columns of a list of ours, and which share of them, say that a file is its export
LEAST_OF_LIST, SHARE_OF_LIST = 5, 0.6
_plain = lru_cache(maxsize=20_000)(plain)


@dataclass(frozen=True)
class Layout:
    """A file with what was found out about it. Without `spec` and `part` its header is unknown."""

    source: Source
    cells: list[str]
    dialect: Dialect
    rows: list[Row]  # the first ones below the header
    spec: ImportSpec | None = None
    format: Format | None = None
    part: Part | None = None
    odd: tuple[str, ...] = ()  # cells to judge the encoding by, where only a person can say it
    is_sheet: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)  # a mapping that somebody made: theirs → ours

    @property
    def signature(self) -> str:
        """What a header of the same layout has in common, in any order of its columns."""
        return "\n".join(sorted(_plain(cell) for cell in self.cells if cell != ERROR_COLUMN))

    def samples(self, name: str, most: int = 3) -> list[str]:
        """The first values of a column that are not empty."""
        at = self.cells.index(name)
        found = (cells[at].strip() for _, cells in self.rows if at < len(cells))
        return [value for value in dict.fromkeys(found) if value][:most]

    @contextmanager
    def open(self, limits: Limits | None = None, *, keep_ragged: bool = False) -> Iterator[TextTable | SheetTable]:
        """The table, from its first row. Raises FileRefused."""
        with self.source.open() as file:
            table: TextTable | SheetTable
            if self.is_sheet:
                table = SheetTable(file, judge_of(), limits)
            else:
                table = TextTable(file, self.dialect, limits, keep_ragged=keep_ragged)
            table.source = file
            yield table


def judge_of() -> Callable[[Sequence[str]], float]:
    """How much a row looks like a header of ours or of a shop that we know."""
    parts = [(part, {_plain(name) for name in part.signature}) for found in formats.registry for part in found.parts]
    known = {name for spec in registry for name in spec.names} | {name for _, names in parts for name in names}

    def judge(cells: Sequence[str]) -> float:
        names = [_plain(cell) for cell in cells]
        shared = sum(name in known for name in names)
        if not shared:
            return 0
        if spec_of(cells):
            return OWN + shared
        if part_of(names):
            return FOREIGN + shared
        return float(shared) if shared >= 2 or len(names) == 1 else 0.5

    return judge


def spec_of(cells: Sequence[str], *, name: str = "") -> ImportSpec | None:
    """The kind of ours that a header is of, all columns known. Where it fits several, the file's name decides."""
    fits = []
    for spec in registry:
        names = [spec.name_of(cell) for cell in cells]
        if all(each in spec.fields or each == ERROR_COLUMN for each in names) and not spec.missing(names):
            lacking = sum(column.required and column.name not in names for column in spec.columns)
            fits.append((lacking, spec.order, spec))
    if not fits:
        return None
    named = [fit for fit in fits if fit[2].name == name]
    return min(named or fits, key=lambda fit: fit[:2])[2]


def part_of(names: Sequence[str]) -> tuple[Format, Part] | None:
    """The foreign layout that a header (in plain names) is of: the one with the longest signature."""
    given = set(names)
    best: tuple[Format, Part] | None = None
    for found in formats.registry:
        for part in found.parts:
            fits = given.issuperset(map(_plain, part.signature)) and given.isdisjoint(map(_plain, part.without))
            if fits and (best is None or len(part.signature) > len(best[1].signature)):
                best = (found, part)
    return best


def recognise(
    source: Source,
    answers: Mapping[str, Any],
    *,
    limits: Limits | None = None,
    kind: str = "",
    format_name: str = "",
) -> Layout:
    """Look at a file's beginning. Raises FileRefused for what is not a table at all."""
    with source.open() as file:
        if source.is_workbook:
            sheet = SheetTable(file, judge_of(), limits)
            dialect = Dialect(header_line=sheet.line, guarded=False)
            layout = Layout(source, sheet.header, dialect, sheet.sample, is_sheet=True)
        else:
            text = text_of(file, str(answers.get("encoding") or ""))
            encoding = text.encoding or "utf-8-sig"
            found = find(text.start, judge_of(), encoding=encoding, delimiter=str(answers.get("delimiter") or ""))
            if found is None:
                TextTable(file, Dialect(encoding), limits)  # says what is wrong
                raise FileRefused
            odd = () if text.encoding else text.odd or ("?",)
            layout = Layout(source, found.cells, found.dialect, found.rows, odd=odd)
    return _named(layout, kind, format_name)


def _named(layout: Layout, kind: str, format_name: str) -> Layout:
    """The layout with the kind or format that it is, or that it was said to be."""
    name = registry.name_in(layout.source.short_name)
    if format_name and (found := formats.registry.find(format_name)):
        given = {_plain(cell) for cell in layout.cells}
        part = max(found.parts, key=lambda part: len(given & set(map(_plain, part.signature))))
        return _of_part(layout, found, part)
    if kind:
        return replace(layout, spec=registry.find(kind))
    if spec := spec_of(layout.cells, name=name):
        return replace(layout, spec=spec)
    if known := part_of([_plain(cell) for cell in layout.cells]):
        return _of_part(layout, *known)
    _refuse_our_own_list(layout.cells)
    spec = registry.find(name) if name else None
    if spec and any(spec.name_of(cell) in spec.fields for cell in layout.cells):
        return replace(layout, spec=spec)
    return layout


def _of_part(layout: Layout, found: Format, part: Part) -> Layout:
    dialect = layout.dialect
    if layout.odd:
        dialect = replace(dialect, encoding=part.encoding)
    if part.quoted is not None and dialect.delimiter == "\t":
        dialect = replace(dialect, quoted=part.quoted)
    odd = () if part.encoding != "utf-8-sig" else layout.odd
    return replace(layout, format=found, part=part, dialect=dialect, odd=odd)


def _refuse_our_own_list(cells: Sequence[str]) -> None:
    """An export of a list that shows what is there, and changes nothing: mapping it would only mislead.

    It is known by having hardly less than all columns of the list, and no other. Raises FileRefused.
    """
    from inventory_ops.kit.reports import registry as lists

    given = {_plain(cell) for cell in cells}
    for found in lists:
        names = {_plain(str(column.header)) for column in found.columns}
        if len(given) >= LEAST_OF_LIST and given <= names and len(given) >= SHARE_OF_LIST * len(names):
            why = found.not_loaded or "It shows what is there; nothing of it is loaded."
            raise refused(f"This is the export of our list “{found.title}”. {why}", line=1, code="not_loaded")
