"""What was done and can be taken back: operations note it, and who carries one out for a person collects the notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Undo:
    """One thing that was done: `data` says how it was before, and by what one sees that it is as it was left."""

    kind: str
    data: dict[str, Any]


_notes: ContextVar[list[Undo] | None] = ContextVar("undo notes", default=None)


@contextmanager
def collected() -> Iterator[list[Undo]]:
    """The notes of all operations inside."""
    found: list[Undo] = []
    token = _notes.set(found)
    try:
        yield found
    finally:
        _notes.reset(token)


def note(kind: str, **data: Any) -> None:
    """Say, at the end of an operation, that what it did can be taken back. Jobs and scans offer nothing."""
    found = _notes.get()
    if found is not None:
        found.append(Undo(kind, data))
