"""Triggers and functions of the database, each kept once, as it is now, in `<app>/sql/<subject>.sql`.

A migration applies such a file by name and digest. On a new database several migrations may name one file: only the
one whose digest is that of the file as it is now applies it, those before it (which knew an older text) do nothing.
So a function runs against the tables as they are when its last change was made. docs/changing-the-database.md says
how to change one.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_FUNCTION = re.compile(r"^create or replace function (?:public\.)?(\w+)\s*\(([^)]*)\)", re.IGNORECASE | re.MULTILINE)
_TRIGGER = re.compile(
    r"^create (?:or replace )?(?:constraint )?trigger (\w+)\b.*?\bon (?:public\.)?(\w+)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_VIEW = re.compile(r"^create or replace view (?:public\.)?(\w+)", re.IGNORECASE | re.MULTILINE)


def path_of(app: str, name: str) -> Path:
    """The file of a subject. Raises FileNotFoundError that says where it was looked for."""
    path = Path(apps.get_app_config(app).path) / "sql" / f"{name}.sql"
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}: a migration wants to apply it.")
    return path


def digest_of(text: str) -> str:
    """What migrations name a text by: the first 16 digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def drops(text: str) -> str:
    """SQL that takes away what a file makes: its triggers, views and functions, in that order."""
    lines = [f"drop trigger if exists {name} on {table};" for name, table in _TRIGGER.findall(text)]
    lines += [f"drop view if exists {name};" for name in _VIEW.findall(text)]
    lines += [f"drop function if exists {name}({arguments}) cascade;" for name, arguments in _FUNCTION.findall(text)]
    return "\n".join(lines)


class ApplySql(Operation):
    """Apply `<app>/sql/<name>.sql` if its digest is still `digest`.

    The way back is `before`, the SQL that was in force earlier; without it what the file makes is dropped.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, app: str, name: str, digest: str, *, before: str | None = None) -> None:
        self.app, self.name, self.digest, self.before = app, name, digest, before

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        extra = {"before": self.before} if self.before is not None else {}
        return self.__class__.__qualname__, [self.app, self.name, self.digest], extra

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Models know nothing of triggers."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        text = path_of(self.app, self.name).read_text()
        if digest_of(text) == self.digest:
            schema_editor.execute(text, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        before = drops(path_of(self.app, self.name).read_text()) if self.before is None else self.before
        if before:
            schema_editor.execute(before, params=None)

    def describe(self) -> str:
        return f"Apply {self.app}/sql/{self.name}.sql ({self.digest})"
