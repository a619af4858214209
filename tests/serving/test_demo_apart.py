"""The demo never meets own data."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.embedded.paths import CHECKOUT, NOT_FOR_DEMO
from inventory_ops.demo import lifecycle
from inventory_ops.management.commands.demo import Command
from inventory_ops.management.serving.supervisor import Supervisor
from tests import make

SHOW = """
import os, sys, runpy
import django.core.management as management
management.execute_from_command_line = lambda argv: print(argv[1:], os.environ.get("OPS_DATA_DIR"),
    os.environ.get("OPS_DEMO"), [name for name in NAMES if name in os.environ])
sys.argv = ["manage.py", *WORDS]
runpy.run_path("manage.py", run_name="__main__")
"""


def led(tmp_path: Path, *words: str) -> str:
    env = dict.fromkeys(NOT_FOR_DEMO, "postgresql://own@localhost/own") | {"AWS_ACCOUNTS": "[]", "OPS_AWS": "real"}
    env |= {"REDIS_URL": "redis://localhost/0", "EMAIL_URL": "smtp://mail.example.com", "OPS_DATA_DIR": str(tmp_path)}
    env |= {"SENTRY_DSN": "https://key@sentry.example.com/1", "OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example.com"}
    code = f"NAMES = {NOT_FOR_DEMO!r}; WORDS = {words!r}\n{SHOW}"
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    result = subprocess.run(
        [sys.executable, "-c", code], env=clean | env, cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_the_flag_leads_any_command_to_the_demo(tmp_path: Path) -> None:
    # `version` starts no services
    assert led(tmp_path, "version", "--demo") == f"['version'] {tmp_path}/demo 1 []"
    assert led(tmp_path, "--demo", "version") == f"['version'] {tmp_path}/demo 1 []"
    assert led(tmp_path, "version") == f"['version'] {tmp_path} None {list(NOT_FOR_DEMO)}"


@pytest.mark.django_db
def test_nothing_but_the_demos_own_data_is_ever_dropped(settings: Any, tmp_path: Path) -> None:
    for demo, folder in ((False, tmp_path / "demo"), (True, tmp_path / "own"), (True, tmp_path / "demo")):
        settings.DEMO, settings.DATA_DIR = demo, folder  # the last one: another server's database
        assert not lifecycle.is_apart()
        with pytest.raises(RuntimeError, match="demo's own data"):
            lifecycle.start_over()
        with pytest.raises(CommandError, match="own folder"):
            call_command("demo", port=65001, fresh=True, yes=True)


@pytest.fixture
def begun(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> list[str]:
    """The command with sample data in its place, but for what it would delete and start: what it did instead."""
    make.merchant("V10")
    done: list[str] = []
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(lifecycle, "is_apart", lambda: True)
    monkeypatch.setattr(lifecycle, "start_over", lambda: done.append("deleted"))
    monkeypatch.setattr(Command, "_seed", lambda self: done.append("seeded"))
    monkeypatch.setattr(Supervisor, "single_instance", lambda self: contextlib.nullcontext())
    monkeypatch.setattr(Supervisor, "run", lambda self, **_: done.append("started"))
    return done


@pytest.mark.parametrize(
    ("typed", "done"),
    [("y\n", ["deleted", "seeded", "started"]), ("YES\n", ["deleted", "seeded", "started"]), ("n\n", []), ("\n", [])],
)
def test_fresh_says_what_it_deletes_and_asks(
    begun: list[str], typed: str, done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    terminal = io.StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", terminal)
    with contextlib.nullcontext() if done else pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("demo", port=65001, fresh=True)
    assert begun == done
    said = capsys.readouterr().out
    assert "1 merchants" in said and "Your own data is elsewhere" in said


def test_fresh_deletes_nothing_where_nobody_can_be_asked_unless_told_to(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="--yes"):
        call_command("demo", port=65001, fresh=True)
    assert begun == []
    call_command("demo", port=65001, fresh=True, yes=True)
    assert begun == ["deleted", "seeded", "started"]
