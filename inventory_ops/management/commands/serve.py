"""`manage.py serve`: the whole product on own data, in one process tree."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from inventory_ops.management.migrating import migrate
from inventory_ops.management.serving.supervisor import Supervisor
from inventory_ops.operations import set_up


class Command(BaseCommand):
    help = "Start services, web server, worker and beat over your own data. Ctrl-C stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor = Supervisor(port=options["port"], say=self.say)
        with supervisor.single_instance():
            self.say(f"Data      {settings.DATA_DIR}")
            self._migrate()
            self.say("Schema    up to date")
            self._collect_static()
            supervisor.run(on_ready=self._announce)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _migrate(self) -> None:
        try:
            migrate()
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database does not answer. Check DATABASE_URL and the server: {reason}") from error

    def _collect_static(self) -> None:
        """In production each file has a hashed name, which has to be made once."""
        if settings.ENV.production and not (settings.STATIC_ROOT / "staticfiles.json").exists():
            call_command("collectstatic", verbosity=0, interactive=False)
            self.say("Static    collected")

    def _announce(self, url: str) -> None:
        self.say(f"Ready: {url}")
        if set_up.is_open():
            public = os.environ.get("OPS_PUBLIC_URL", "").rstrip("/") or url.rstrip("/")
            self.say(f"Set up: {public}{set_up.path(set_up.new_token())}")
            self.say(f"  makes the first administrator; valid once, for {set_up.VALID_HOURS} hours")
        self.say("Ctrl-C stops everything.")
