"""`manage.py scan [NAME…]`: run the periodic scans now, in this process."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory_ops.kit.reports.request import parse_moment
from inventory_ops.management.arguments import text
from inventory_ops.operations import scans


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = "Run the periodic scans now and print what opened, resolved and changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", type=text, metavar="NAME", help="which scans (default: all)")
        parser.add_argument("--as-of", type=text, metavar="ISO", help="the moment that windows end at (default: now)")
        parser.add_argument(
            "--full", action="store_true", help="read all rows, not only what changed since the last scan"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["names"] or scans.names()
        unknown = [name for name in wanted if name not in scans.names()]
        if unknown:
            raise CommandError(f"There is no scan {', '.join(unknown)}. Use: {', '.join(scans.names())}.")
        try:
            as_of = parse_moment(options["as_of"]) if options["as_of"] else None
        except ValueError as error:
            raise CommandError("--as-of: use a moment like 2026-11-22T09:30:00+00:00.") from error
        failed = []
        for name in wanted:
            try:
                run = scans.run(name, as_of=as_of, requested_by="command line", whole=options["full"])
            except scans.ScanBusy:
                self.stdout.write(f"{name}: runs already, left alone")
            except scans.ScanUnavailable as reason:
                self.stdout.write(f"{name}: skipped: {reason}")
            except Exception as error:
                failed.append(name)
                self.stderr.write(f"{name}: failed: {type(error).__name__}: {error}")
            else:
                self.stdout.write(
                    f"{name}: {run.seen} seen, {run.opened} opened, {run.resolved} resolved, {run.changed} changed"
                )
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. Nothing of these was changed.")
