"""manage.py grants ROLE: what the role that the product runs as may do. Run it as the owner, after migrate."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory_ops.operations import grants


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = "Grant a role what the product needs: rows, but no table of its own, and nothing that is append-only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="the role that web, worker and beat connect as")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tables = grants.grant(options["role"])
        except grants.CannotGrant as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['role']} may work with {tables} tables and owns none.")
