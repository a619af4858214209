"""What a command imports before it does anything. Time cannot be asserted; what costs it can."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.paths import CHECKOUT

pytestmark = pytest.mark.slow

# Each costs tens to hundreds of milliseconds, and is imported where it is used.
NOT_AT_START = (
    "boto3",
    "celery",
    "config.embedded.aws.organisation",
    "config.urls",
    "cryptography",
    "django.test",
    "drf_spectacular.views",
    "fontTools",
    "fpdf",
    "inventory_ops.adapters.web",
    "inventory_ops.bulk_actions.base",
    "inventory_ops.demo.lifecycle",
    "inventory_ops.forms",
    "inventory_ops.kit.reports.page",
    "inventory_ops.operations.channels",
    "inventory_ops.operations.jobs",
    "inventory_ops.pages",
    "inventory_ops.registries.menu",
    "kombu",
    "lost_damaged.demo",
    "moto",
    "opentelemetry",
    "PIL",
    "polars",
    "redis",
    "rest_framework.views",
    "rustpy_xlsxwriter",
    "trackers.demo",
    "urllib3",
    "user_audit.accounts",
    "user_audit.bulk_actions",
    "user_audit.demo",
)
# What apps declare is read by commands that need it (kit/registry.py).
KINDS, LISTS = "inventory_ops.kit.imports", "inventory_ops.kit.reports"
FINDINGS, SCANS = "inventory_ops.operations.findings", "inventory_ops.operations.scans"
NOT_FOR_ALL = {
    "help": (KINDS, LISTS, SCANS),
    "reprot": (KINDS, LISTS, SCANS),
    "report --list": (KINDS, FINDINGS, SCANS),
}


RUN = """
import atexit, runpy, sys
atexit.register(lambda: print("modules:", *sys.modules, file=sys.stderr))
sys.argv = ["manage.py", *sys.argv[1:]]
runpy.run_path("manage.py", run_name="__main__")
"""


def imported(*command: str) -> set[str]:
    """The modules that a process has when the command ends."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *command], cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return set(done.stderr.rpartition("modules:")[2].split())


COMMANDS = ("report --list", "report products --help", "scan --help", "load --help", "help", "reprot")


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_start_without_what_they_do_not_use(command: str) -> None:
    found = imported(*command.split())
    assert "django.core.management" in found
    assert sorted(name for name in NOT_AT_START + NOT_FOR_ALL.get(command, ()) if name in found) == []


def test_what_pages_need_is_found_when_it_is_imported() -> None:
    """The list above names modules that exist: `check` imports every page."""
    assert {"config.urls", "rest_framework.views", "redis"} <= (found := imported("check"))
    # what one page of many makes is imported when it is asked for: these are eighteen megabytes of a web process
    assert not {"fontTools", "fpdf", "PIL"} & found


@pytest.mark.parametrize("command", ["reprot", "help", "report --help", "version"])
def test_what_needs_no_database_starts_none(command: str, tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        cwd=CHECKOUT,
        env=own | {"OPS_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ("Did you mean report?" in done.stderr) is (command == "reprot"), done.stderr
    assert not (tmp_path / "data" / "postgres").exists()
