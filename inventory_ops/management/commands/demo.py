"""`manage.py demo`: `serve` over sample data, in a database and folder of its own (manage.py leads it there)."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from inventory_ops.demo import lifecycle as demo
from inventory_ops.management.serving.supervisor import Supervisor

PASSWORD = "demo"  # noqa: S105  (public on purpose; refused outside the demo)


class Command(BaseCommand):
    help = "Start everything over sample data, apart from your own. Ctrl-C stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fresh", action="store_true", help="start over with new sample data")
        parser.add_argument("--yes", action="store_true", help="with --fresh: do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor = Supervisor(port=options["port"], say=self.say)
        with supervisor.single_instance():
            if not demo.is_apart():
                raise CommandError("The demo runs only in its own folder. Start it with: manage.py demo")
            if options["fresh"]:
                self._confirm(ask=not options["yes"])
            elif not demo.is_seeded():
                self._refuse_somebodys()
            if options["fresh"] or demo.is_half_seeded():
                demo.start_over()
            self._seed()
            supervisor.run(on_ready=self._announce)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _confirm(self, *, ask: bool) -> None:
        found = demo.contents()
        if not found:
            return
        self.say(f"--fresh deletes the demo's own data in {settings.DATA_DIR}:")
        for line in found:
            self.say(f"  {line}")
        self.say("Your own data is elsewhere and stays as it is.")
        if not ask:
            return
        if not sys.stdin.isatty():
            raise CommandError("Nothing was deleted. Say --yes to start over without being asked.")
        if input("Delete it and start over? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was deleted.")

    def _refuse_somebodys(self) -> None:
        """Sample data are made, or made anew after an interruption, only where nothing else is."""
        if found := demo.somebodys():
            raise CommandError(
                f"The demo's place holds what is not sample data: {', '.join(found)}. Nothing was changed. "
                "Keep it with: manage.py backup FILE --demo. Then start over with: manage.py demo --fresh. "
                "Own data belong into: manage.py serve"
            )
        if demo.is_half_seeded():
            self.say("The making of sample data was interrupted last time. It begins again.")

    def _seed(self) -> None:
        if demo.is_seeded():
            return
        started = time.monotonic()
        self.say("Preparing sample data, once. This takes about a minute …")
        demo.seed(now=timezone.now())
        self.say(f"Sample data is ready after {time.monotonic() - started:.0f} s.")

    def _announce(self, url: str) -> None:
        self.say(f"Ready: {url}")
        self.say("")
        self.say(f"Demo logins (password for each: {PASSWORD})")
        for email, role in demo.logins().items():
            self.say(f"  {email:24} {role}")
        self.say("Ctrl-C stops everything.")
