"""A table whose columns somebody has told us about: theirs under our names, constants, words of theirs for ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.errors import RowError
from inventory_ops.kit.imports.reader import checked_header
from inventory_ops.kit.imports.spec import ImportSpec
from inventory_ops.kit.imports.tables import Batch, Table

TOTALS = frozenset(("total", "totals", "sum", "summe", "gesamt", "gesamtsumme", "grand total", "suma", "totale"))
OWN_CODE = "own code"


@dataclass(frozen=True)
class ColumnMap:
    """What the answers say of a file: `columns` theirs → ours ('' is left out), `constants` and `words` by ours."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    floors: frozenset[str] = frozenset()  # columns of which a number below 0 is taken as 0

    @property
    def is_empty(self) -> bool:
        return not (self.columns or self.constants or self.words or self.floors)


class Mapped:
    """A source of rows in our columns. `left_out` are rows that are totals; `seen` are our words and theirs."""

    def __init__(self, table: Table, spec: ImportSpec, mapping: ColumnMap, dialect: Dialect) -> None:
        self._table = table
        self.errors = table.errors
        self.dialect = dialect
        self.left_out: list[RowError] = []
        self.warnings: list[RowError] = []
        self.seen: dict[str, dict[str, str]] = {name: {} for name in mapping.words}
        names = [mapping.columns.get(cell, "") if mapping.columns else spec.name_of(cell) for cell in table.header]
        self._places = [n for n, name in enumerate(names) if name]
        self.theirs = {name: table.header[n] for n, name in enumerate(names) if name}
        given = [name for name in names if name]
        added = [name for name in mapping.constants if name not in given]
        self._constants = [mapping.constants[name] for name in added]
        self.header = checked_header([*given, *added], spec, table.line)
        self._floors = [n for n, name in enumerate(self.header) if name in mapping.floors]
        self._words = [(n, name, mapping.words[name]) for n, name in enumerate(self.header) if name in mapping.words]

    @property
    def rows(self) -> int:
        return self._table.rows

    def batches(self, size: int = 5000) -> Iterator[Batch]:
        for lines, rows in self._table.batches(size):
            kept_lines: list[int] = []
            kept: list[list[str]] = []
            for line, row in zip(lines, rows, strict=True):
                if self._is_total(row):
                    self.left_out.append(RowError(line, "", "", "left_out", "a total, not a row"))
                    continue
                cells = [row[place] for place in self._places] + self._constants
                for n in self._floors:
                    if cells[n].strip().startswith("-"):
                        self.warnings.append(
                            RowError(line, self.header[n], cells[n], "negative", "negative: taken as 0")
                        )
                        cells[n] = "0"
                for n, name, words in self._words:
                    cells[n] = self._ours(name, words, cells[n].strip())
                kept_lines.append(line)
                kept.append(cells)
            if kept:
                yield kept_lines, kept

    def _ours(self, name: str, words: Any, text: str) -> str:
        if not text:
            return text
        found = text if words == OWN_CODE else str(words.get(text, text))
        if words == OWN_CODE or text in words:
            self.seen[name][found] = text
        return found

    @staticmethod
    def _is_total(row: list[str]) -> bool:
        first = next((cell for cell in row if cell.strip()), "")
        return first.strip().rstrip(":").casefold() in TOTALS and sum(map(bool, row)) * 2 <= len(row) + 1


def kind_of(columns: Mapping[str, str], specs: list[ImportSpec], name: str = "") -> ImportSpec | None:
    """The kind that a mapping fits: it knows all columns that are named, and needs no others."""
    named = {ours for ours in columns.values() if ours}
    fits = [spec for spec in specs if named <= set(spec.fields) and not spec.missing(named)]
    by_name = [spec for spec in fits if spec.name == name]
    return next(iter(by_name or fits), None)
