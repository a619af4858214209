"""`uv run -m tests.distribution [--keep FILE] [TEST…]`, or `--read FILE` to judge what was kept before."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.distribution.collect import collect, read

NOT_ASKED = ("browser", "bench", "cluster", "distribution")  # they ask the same, or make data of their own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="write the statements to this file, too")
    parser.add_argument("--read", type=Path, help="read the statements from this file and run no tests")
    parser.add_argument("tests", nargs="*", help="arguments of pytest (default: all tests without browser)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ops-statements-") as folder:
        source = asked.read or asked.keep or Path(folder) / "statements.json"
        if not asked.read:
            collect(asked.tests or [f"--ignore=tests/{name}" for name in NOT_ASKED], source)
        statements = read(source)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings", DATABASE_URL="postgresql:///none", REDIS_URL="redis://127.0.0.1:1"
    )
    import django

    django.setup()
    from tests.distribution import report

    report.write(statements)


if __name__ == "__main__":
    main()
