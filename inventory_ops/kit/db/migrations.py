"""Which migrations the database lacks, asked by their names: importing them takes a hundred times as long."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.db import connection


def missing() -> set[tuple[str, str]]:
    """(app, name) of what is to be applied: one query."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('django_migrations')")
        if cursor.fetchone() == (None,):
            return set(_known())
        cursor.execute("select app, name from django_migrations")
        return set(_known() - set(cursor.fetchall()))


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Those of the installed apps: a process does not outlive its code."""
    found = set()
    for app in apps.get_app_configs():
        spec = find_spec(f"{app.name}.migrations")
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found |= {(app.label, path.stem) for path in Path(folder).glob("[0-9]*.py")}
    return frozenset(found)
