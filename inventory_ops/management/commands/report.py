"""`manage.py report SLUG`: the rows of a report on standard output."""

from __future__ import annotations

import shutil
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from inventory_ops.kit.reports import exports, registry
from inventory_ops.kit.reports.request import parse_moment
from inventory_ops.management.arguments import text
from inventory_ops.models import User
from inventory_ops.queries import shop


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = "Print exactly the rows that a report's page and its export give."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?", type=text, help="which report; see --list")
        parser.add_argument("--list", action="store_true", help="print all slugs with their titles")
        parser.add_argument("--format", choices=["csv", "json", "xlsx"], default="csv")
        parser.add_argument("--as-of", type=text, metavar="ISO", help="the moment that windows end at (default: now)")
        parser.add_argument("--user", type=text, metavar="EMAIL", help="whose view (default: a superuser's)")
        parser.add_argument(
            "--set", type=text, metavar="FILTER=VALUE", action="append", default=[], help="a filter, repeatable"
        )
        parser.add_argument(
            "--sort", type=text, default="", metavar="COLUMN", help="a column's key, with - in front: descending"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for report in registry:
                self.stdout.write(f"{report.slug:32} {report.title}")
            return
        slug = options["slug"]
        if not slug:
            raise CommandError("Which report? `report --list` prints the slugs.")
        if slug not in registry:
            raise CommandError(f"There is no report {slug!r}. `report --list` prints the slugs.")
        report = registry.get(slug)
        viewer = self._viewer(options["user"])
        if not report.allows(viewer):
            raise CommandError(f"{options['user']} may not see {slug}.")
        try:
            report.ordering(options["sort"] or report.default_sort)
        except KeyError:
            names = ", ".join(column.key for column in report.columns if column.sortable)
            raise CommandError(f"--sort: there is no column {options['sort']!r}. Use one of: {names}.") from None
        try:
            with shop.shown_to(viewer):  # From and To are days of the viewer's zone
                selection = report.select(
                    self._filters(report.filterset_class.base_filters, options["set"]),
                    viewer=viewer,
                    as_of=parse_moment(options["as_of"]) if options["as_of"] else None,
                )
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        except ValueError as error:
            raise CommandError("--as-of: use a moment like 2026-11-22T09:30:00+00:00.") from error
        self._write(selection, options["format"], options["sort"])

    @staticmethod
    def _viewer(email: str | None) -> User | None:
        if not email:
            return None
        try:
            return User.objects.get(email=email.lower())
        except User.DoesNotExist:
            raise CommandError(f"There is no user {email}.") from None

    @staticmethod
    def _filters(known: Any, settings: list[str]) -> dict[str, str]:
        values = {}
        for setting in settings:
            name, equals, value = setting.partition("=")
            if not equals:
                raise CommandError(f"--set {setting}: write it as FILTER=VALUE.")
            if name not in known:
                raise CommandError(f"--set {setting}: there is no filter {name!r}. Use one of: {', '.join(known)}.")
            values[name] = value
        return values

    def _write(self, selection: Any, kind: str, sort: str) -> None:
        out = sys.stdout.buffer if self.stdout._out is sys.stdout else None  # type: ignore[attr-defined]
        if kind == "json":
            for part in exports.json_chunks(selection, sort):
                self.stdout.write(part, ending="")
        elif kind == "csv":
            for chunk in exports.csv_chunks(selection, sort):
                if out is None:
                    self.stdout.write(chunk.decode(), ending="")
                else:
                    out.write(chunk)
            if out is not None:
                out.flush()
        else:
            if out is None or sys.stdout.isatty():
                raise CommandError("XLSX is not text: redirect the output to a file.")
            with tempfile.TemporaryDirectory() as folder:
                target = Path(folder) / "report.xlsx"
                exports.write_xlsx(selection, target, sort)
                with target.open("rb") as file:
                    shutil.copyfileobj(file, out)
