"""Bringing the schema up to date, one command at a time."""

from __future__ import annotations

import fcntl
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from inventory_ops.kit.db import migrations


def migrate() -> None:
    """`migrate`, alone on this machine: of two first commands at once the second waits and finds nothing to do.

    A lock of the database would not do: whoever waits for one keeps indexes from being built concurrently.
    """
    if not migrations.missing():
        return
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "migrate.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", verbosity=0, interactive=False)
