"""`manage.py verify_ledger`: prove that balances are the sum of their events and that nothing was altered."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from inventory_ops.operations import verify


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = "Prove that balances equal the sum of their events, that no event was altered, and that journals balance."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        for outcome in verify.run():
            if not outcome.differences:
                self.stdout.write(f"{outcome.name}: ok")
                continue
            failed = True
            self.stdout.write(f"{outcome.name}: FAILED")
            for line in outcome.differences:
                self.stdout.write(f"  {line}")
        if failed:
            sys.exit(1)
