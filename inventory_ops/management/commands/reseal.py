"""`manage.py reseal`: encrypt all stored secrets anew, so that a leaked SECRET_KEY can be dropped."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from inventory_ops.operations import reseal


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = (
        "Encrypt credentials, API keys and webhooks anew under SECRET_KEY. They are read with SECRET_KEY_FALLBACKS;"
        " run it again whenever you like. Afterwards the old keys can be taken out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = reseal.reseal()
        self.stdout.write(f"{done.renewed} encrypted anew, {done.current} were under the present key already.")
        for place in done.broken:
            self.stderr.write(
                f"{place}: no key reads it. Put the old one into SECRET_KEY_FALLBACKS, or enter it again."
            )
        if done.broken:
            sys.exit(1)
