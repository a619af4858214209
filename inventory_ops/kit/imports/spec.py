"""What an import is made of, and the registry of all kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from inventory_ops.kit.imports.columns import Carried, Column, plain
from inventory_ops.kit.imports.staging import Staging
from inventory_ops.kit.registry import IMPORTS, Registry


@dataclass(frozen=True, slots=True)
class Counts:
    """What applying did, in rows of the file."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class ImportSpec:
    """One kind of import file.

    `check` adds errors to the staged rows; rows with errors are then taken out and `apply` writes the rest in the
    same transaction. Both work on sets: they get the staging table, never a row.
    """

    name: str
    title: str
    order: int
    columns: tuple[Column, ...]
    check: Callable[[Staging], None]
    apply: Callable[[Staging], Counts]
    key: tuple[str, ...] = ()  # columns no two rows of one file may share
    # columns that a file needs in any case; with one more, it changes that alone of rows that are known
    partial: tuple[str, ...] = ()
    prepare: Callable[[Staging], None] | None = None  # fills in what the rows themselves leave open, before any check
    carried: Carried | None = None
    purpose: str = ""
    roles: tuple[str, ...] = ("operations", "admin")  # who may upload it
    signs_in_again: bool = False  # does whoever applies it on a page have to give the password once more?
    tables: tuple[str, ...] = ()  # database tables whose statistics a big file makes stale
    fields: dict[str, Column] = field(init=False, repr=False)
    _names: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", {column.name: column for column in self.columns})
        names = {plain(name): column.name for column in self.columns for name in (*column.aliases, column.name)}
        object.__setattr__(self, "_names", names)

    @property
    def names(self) -> frozenset[str]:
        """All that a header may call the kind's columns, in plain form."""
        return frozenset(self._names)

    def name_of(self, header: str) -> str:
        """The column that a header's cell means: in any case, with blanks or dashes, as exports say it; or itself."""
        return self._names.get(plain(header), header)

    def missing(self, names: Iterable[str]) -> list[Column]:
        """Required columns that a header lacks; of one that changes known rows in part, those of the key alone."""
        given = set(names)
        lacking = [column for column in self.columns if column.required and column.name not in given]
        if (
            lacking
            and self.partial
            and given.issuperset(self.partial)
            and len(given & set(self.fields)) > len(self.partial)
        ):
            return []
        return lacking


class Kinds(Registry[ImportSpec]):
    """All kinds of import files, in the order in which the files of one call are applied."""

    def __iter__(self) -> Iterator[ImportSpec]:
        return iter(sorted(super().__iter__(), key=lambda spec: (spec.order, spec.name)))

    def name_in(self, file_name: str) -> str:
        """The kind that a file's name says: `orders.csv`, `Orders (1).xlsx`, `orders_2026-03.csv.gz`; '' for none."""
        name = PurePath(file_name).name.lower()
        found = [kind for kind in self.keys() if re.match(rf"{kind}(?![a-z])", name)]
        return max(found, key=len, default="")

    def also_fills(self, name: str, *tables: str) -> None:
        """Of an app whose triggers write to tables of its own when a file of a kind is applied."""
        spec = self.get(name)
        self._values[name] = replace(spec, tables=(*spec.tables, *tables))


registry = Kinds("import kind", later=IMPORTS)


def register(spec: ImportSpec) -> ImportSpec:
    """A kind of files that `load` and the import page take from now on."""
    return registry.add(spec.name, spec)
