"""What an import is made of, and the registry of all kinds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inventory_ops.kit.imports.staging import Staging


class ValueType(Protocol):
    """How a cell is read; see `values` for the ready-made ones. Others may be brought by a kind."""

    @property
    def sql(self) -> str: ...

    def parse(self, text: str) -> str: ...


def plain(header: str) -> str:
    """A header's cell as it is compared: lower case, one underscore for blanks, dashes and underscores."""
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFC", header).strip().lower())


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file. `default` is a text as it would stand in the file, or what answers it; None is NULL."""

    name: str
    type: ValueType
    required: bool = False
    default: str | Callable[[], str] | None = None
    example: str = ""
    help: str = ""
    # moments and dates: False for what may lie in the future, so it does not say how new the data is
    happened: bool = True
    # roles that may write it, whatever the way in; empty: whoever may load the kind
    permission: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  # headers of our own exports that mean this column

    @property
    def default_text(self) -> str | None:
        """What an empty cell means now."""
        return self.default() if callable(self.default) else self.default

    @property
    def field(self) -> str:
        """Name of the staging column."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower())


@dataclass(frozen=True, slots=True)
class Counts:
    """What applying did, in rows of the file."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Carried:
    """Columns that stand on the first row of those with the same `key`: the next ones leave `mark` and them empty."""

    key: str
    mark: str
    columns: tuple[str, ...]


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


class Registry:
    """All kinds, in the order in which the files of one call are applied."""

    def __init__(self) -> None:
        self._specs: dict[str, ImportSpec] = {}

    def register(self, spec: ImportSpec) -> ImportSpec:
        known = self._specs.setdefault(spec.name, spec)
        if known is not spec:
            raise ValueError(f"two imports are called {spec.name}")
        return spec

    def __iter__(self) -> Iterator[ImportSpec]:
        return iter(sorted(self._specs.values(), key=lambda spec: (spec.order, spec.name)))

    def get(self, name: str) -> ImportSpec | None:
        return self._specs.get(name)

    def name_in(self, file_name: str) -> str:
        """The kind that a file's name says: `orders.csv`, `Orders (1).xlsx`, `orders_2026-03.csv.gz`; '' for none."""
        name = PurePath(file_name).name.lower()
        found = [kind for kind in self._specs if re.match(rf"{kind}(?![a-z])", name)]
        return max(found, key=len, default="")


registry = Registry()
register = registry.register
