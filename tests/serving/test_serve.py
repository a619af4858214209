"""`manage.py serve` as a person starts it: everything over own data, and nothing left after Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import postgres, stack
from config.embedded.paths import CHECKOUT, Paths
from tests import databases

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


@pytest.fixture
def own(django_db_setup: None) -> Iterator[Paths]:
    """A data folder whose services run and whose schema is up to date: neither is what this is about."""
    folder = Path(tempfile.mkdtemp(prefix="ops-serve-"))
    paths = Paths(folder)
    try:
        with stack.running(paths, fast=True):
            if (dump := databases.dumped()) and dump.exists():
                psql = [postgres.POSTGRES_BIN_PATH / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump)]
                subprocess.run([*psql, paths.database_url()], check=True, capture_output=True)
            yield paths
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def of_session(leader: int) -> list[str]:
    """Command lines of the processes that `leader` started, children of children too."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    below, found = {str(leader)}, []
    for _depth in range(4):
        for pid, parent, args in rows:
            if parent in below and pid not in below:
                below.add(pid)
                found.append(args)
    return found


@pytest.mark.django_db
def test_serve_starts_everything_and_stops_it(own: Paths) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    said = own.data_dir / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            env=clean | {"OPS_DATA_DIR": str(own.data_dir), "PYTHONUNBUFFERED": "1"},
            cwd=CHECKOUT,
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + 240
        while "Ctrl-C stops" not in said.read_text():
            assert process.poll() is None and time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)
        lines = said.read_text()
        assert f"Ready: http://127.0.0.1:{port}/" in lines
        assert f"Set up: http://127.0.0.1:{port}/" in lines
        assert "Demo logins" not in lines
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
            assert answer.status == 200
        running = " ".join(of_session(process.pid))
        assert all(part in running for part in ("gunicorn", " worker ", " beat "))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode == 0, said.read_text()
    assert "Stopping" in said.read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
