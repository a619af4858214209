"""`manage.py restore FILE`: a backup into an empty place."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from inventory_ops.management.arguments import text
from inventory_ops.management.progress import BytesMoved
from inventory_ops.operations.backups import restoring
from inventory_ops.operations.backups.errors import CannotRestore

OTHER_KEY = """\
WARNING: the backup was made under another SECRET_KEY (fingerprint {theirs}).
{what} cannot be read with the present one, nor can links in mails that were sent.
Nothing is lost: put that key into SECRET_KEY_FALLBACKS and run `manage.py reseal`, or use it as SECRET_KEY. The key of
an installation without SECRET_KEY in its environment is the file `secret-key` in its data folder. Without the key:
enter credentials of channels and addresses of webhooks again, and make new API keys."""


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = (
        "Bring back what `manage.py backup FILE` wrote, into an empty database and empty folders; anything else is"
        " refused. The digests are checked before anything is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=text, metavar="FILE", help="written by `manage.py backup`")
        parser.add_argument(
            "--role", type=text, default="", help="grant this role what the product needs, like `manage.py grants`"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            with BytesMoved() as bar:
                done = restoring.restore(Path(options["file"]), role=options["role"], say=self.say, progress=bar.add)
        except CannotRestore as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database does not answer. Check DATABASE_URL and the server: {reason}") from error
        self._tell(done, role=options["role"])
        if done.differing:
            raise CommandError(f"Not as many rows as in the backup: {', '.join(done.differing)}.")
        self.say(f"Restored  in {time.monotonic() - started:.0f} s; next: manage.py verify_ledger")

    def _tell(self, done: restoring.Restored, *, role: str) -> None:
        rows = sum(done.manifest.rows.values())
        self.say(f"Digest    {done.digest}")
        if not done.differing:
            self.say(f"Rows      {rows:,} in {len(done.manifest.rows)} tables, as many as in the backup")
        if done.pending:
            count = len(done.pending)
            self.say(f"Schema    older than this version: run `manage.py migrate` ({count} migrations)")
        if done.unreadable is not None and not done.unreadable:
            self.say("Secrets   all readable with the present SECRET_KEY")
        elif not done.same_key or done.unreadable:
            what = f"{done.unreadable:,} stored secrets" if done.unreadable else "Stored secrets"
            self.stderr.write(OTHER_KEY.format(theirs=done.manifest.secret_key, what=what))
        if not settings.ENV.database_is_embedded and (not role or done.pending):
            self.say("Rights    of a role of its own for web, worker and beat: run `manage.py grants ROLE`")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
