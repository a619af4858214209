"""`manage.py backup FILE`: database and files of this installation in one file, while the product works."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from inventory_ops.management.arguments import text
from inventory_ops.management.progress import BytesMoved
from inventory_ops.operations.backups import making
from inventory_ops.operations.backups.errors import CannotBackUp


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = (
        "Write the database and all files to FILE, as of now, and read it back to check it. SECRET_KEY is not in it:"
        " keep that one elsewhere. `manage.py restore FILE` brings it back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=text, metavar="FILE", help="a file that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            with BytesMoved() as bar:
                made = making.make(Path(options["file"]), say=self.say, progress=bar.add)
        except CannotBackUp as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database does not answer. Check DATABASE_URL and the server: {reason}") from error
        self.say(f"Digest    {made.digest}")
        self.say(f"Key       fingerprint {made.manifest.secret_key}; SECRET_KEY is not in here: keep it elsewhere")
        self.say(f"Backup    {made.path}: {made.size:,} bytes, whole, in {time.monotonic() - started:.0f} s")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
