"""Bringing the schema up to date, one command at a time."""

from __future__ import annotations

import fcntl
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


def migrate() -> None:
    """`migrate`, alone on this machine: of two first commands at once the second waits and finds nothing to do.

    A lock of the database would not do: whoever waits for one keeps indexes from being built concurrently.
    """
    if is_up_to_date():
        return
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "migrate.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", verbosity=0, interactive=False)


def is_up_to_date() -> bool:
    """Has every migration of the installed apps been applied? Asked by their names, without importing them."""
    applied = {(app, name) for app, name in MigrationRecorder(connection).applied_migrations()}
    return not _names() - applied


def _names() -> set[tuple[str, str]]:
    found = set()
    for app in apps.get_app_configs():
        spec = find_spec(f"{app.name}.migrations")
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found |= {(app.label, path.stem) for path in Path(folder).glob("[0-9]*.py")}
    return found
