"""A column of an import file, and how headers are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol


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
class Carried:
    """Columns that stand on the first row of those with the same `key`: the next ones leave `mark` and them empty."""

    key: str
    mark: str
    columns: tuple[str, ...]


class Kind(Protocol):
    """What reading and staging have to know of a kind of files; ImportSpec (spec.py) is one."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> tuple[Column, ...]: ...

    @property
    def fields(self) -> dict[str, Column]: ...

    @property
    def key(self) -> tuple[str, ...]: ...

    @property
    def partial(self) -> tuple[str, ...]: ...

    @property
    def carried(self) -> Carried | None: ...

    def name_of(self, header: str) -> str: ...

    def missing(self, names: Iterable[str]) -> list[Column]: ...
