"""Going back to a moment with the lines of docs/operations.md: what was before it is there, what came later is not."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from config.embedded import postgres

DOCUMENT = (Path(settings.BASE_DIR) / "docs/operations.md").read_text()
SECTION = DOCUMENT.split("\n## Point-in-time recovery")[1].split("\n## ")[0]
ARCHIVING, RECOVERY = re.findall(r"```conf\n(.*?)```", SECTION, re.S)
(COPYING,) = re.findall(r"```sh\n(.*?)\n```", SECTION, re.S)
ARCHIVE, COPY, MOMENT = "/var/lib/postgresql/archive", "/var/backups/base-2026-11-28", "2026-11-28 10:15:00+00"


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path: a socket lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="ops-pitr-"))
    folder.chmod(0o755)
    if user := postgres._system_user():
        shutil.chown(folder, user)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def as_user(command: list[object], home: Path, **env: str) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, user=postgres._system_user(), cwd=home, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@contextmanager
def running(data: Path, home: Path) -> Iterator[str]:
    with (home / "log").open("ab") as log:
        command = [postgres.POSTGRES_BIN_PATH / "postgres", "-D", data, "-k", home, "-c", "listen_addresses="]
        server = subprocess.Popen(command, user=postgres._system_user(), cwd=home, stdout=log, stderr=log)
    address = f"host={home} user=postgres dbname=postgres"
    try:
        _until(lambda: _answers(address), home, server)
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _answers(address: str) -> bool:
    try:
        with psycopg.connect(address) as database:
            return database.execute("select not pg_is_in_recovery()").fetchone() == (True,)
    except psycopg.OperationalError:
        return False


def _until(holds, home: Path, server) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 120
    while not holds():
        assert server.poll() is None and time.monotonic() < deadline, (home / "log").read_text()[-3000:]
        time.sleep(0.05)


def add(data: Path, lines: str) -> None:
    with (data / "postgresql.conf").open("a") as file:
        file.write(lines)


def test_back_to_the_moment_before_a_mistake(home: Path) -> None:
    data, archive, copy = home / "data", home / "archive", home / "base"
    for folder in (data, archive):
        as_user(["mkdir", "-m", "700", folder], home, PATH="/usr/bin:/bin")
    postgres._initdb(data, user=postgres._system_user())
    add(data, ARCHIVING.replace(ARCHIVE, str(archive)))
    with running(data, home) as address:
        tool, *words = COPYING.replace(COPY, str(copy)).split()
        assert tool == "pg_basebackup"
        as_user([postgres.POSTGRES_BIN_PATH / tool, *words, "-h", home, "-U", "postgres"], home, PATH="/usr/bin:/bin")
        with psycopg.connect(address, autocommit=True) as database:
            database.execute("create table kept as select 1 as n")
            time.sleep(0.05)
            row = database.execute("select clock_timestamp()::text").fetchone()
            assert row
            time.sleep(0.05)
            database.execute("drop table kept")
            database.execute("create table mistake as select 1 as n")
            database.execute("select pg_switch_wal()")
            _until(lambda: any(archive.iterdir()), home, _Alive())
    add(copy, RECOVERY.replace(ARCHIVE, str(archive)).replace(MOMENT, row[0]))
    as_user(["touch", copy / "recovery.signal"], home, PATH="/usr/bin:/bin")
    with running(copy, home) as address, psycopg.connect(address) as database:
        found = database.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    assert found == [("kept",)]


class _Alive:
    @staticmethod
    def poll() -> None:
        """The server runs: its block says so."""
