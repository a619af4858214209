"""Reports on a real streaming replica of the embedded server: current, read-your-writes, and gone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import InternalError, connections
from django.test import Client

from config.embedded import postgres
from config.embedded.paths import Paths
from inventory_ops.kit.db import replica
from tests import make

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LIST = "/action-required/products-without-orders/"


@pytest.fixture(scope="module")
def standby() -> Iterator[Path]:
    """Folder of the socket of a standby that streams from the tests' server."""
    if os.environ.get("DATABASE_URL") and "OPS_TEST_DATA_DIR" not in os.environ:
        pytest.skip("the tests use a server that is not ours")
    primary = Paths(Path(os.environ["OPS_TEST_DATA_DIR"]).resolve())
    home = Path(tempfile.mkdtemp(prefix="ops-replica-"))
    data, run = home / "data", home / "run"
    user = postgres._system_user()
    run.mkdir()
    home.chmod(0o755)
    for folder in (home, run):
        if user:
            shutil.chown(folder, user)
    binaries = postgres.POSTGRES_BIN_PATH
    backup = ["pg_basebackup", "-h", str(primary.run_dir), "-U", "postgres", "-D", str(data), "-R", "-X", "stream"]
    # the slot keeps what the standby has not read: other tests make and drop databases, and with them checkpoints
    slot = f"tests_{os.getpid()}"
    backup += ["-c", "fast", "-C", "-S", slot]
    subprocess.run([binaries / backup[0], *backup[1:]], check=True, user=user, cwd=home)
    settings = [
        "-c",
        "listen_addresses=",
        "-c",
        "autovacuum=off",
        "-c",
        f"max_connections={postgres.SETTINGS['max_connections']}",
    ]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", run, *settings],
        user=user,
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until(lambda: subprocess.run([binaries / "pg_isready", "-q", "-h", run]).returncode == 0)
        yield run
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
        drop = f"select pg_drop_replication_slot('{slot}')"
        psql = ["-h", str(primary.run_dir), "-U", "postgres", "-d", "postgres", "-qAt", "-c", drop]
        subprocess.run([binaries / "psql", *psql], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(home, ignore_errors=True)


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, "the standby did not follow"
        time.sleep(0.05)


@pytest.fixture
def second(standby: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The connection `replica` of this test."""
    default = connections["default"].settings_dict
    monkeypatch.setitem(connections.settings, "replica", {**default, "HOST": str(standby), "CONN_MAX_AGE": None})
    monkeypatch.setattr(replica, "_down_until", 0.0)
    made: Any = connections["replica"]

    def connect() -> None:
        # Django's test case knows of no second database and would refuse it
        if made.connection is None:
            with made.wrap_database_errors:
                made.connect()

    monkeypatch.setattr(made, "ensure_connection", connect)
    yield made
    made.close()
    del connections["replica"]


def _replayed(second: Any) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("select pg_current_wal_insert_lsn()::text")
        position = cursor.fetchone()[0]

    def caught_up() -> bool:
        with second.cursor() as cursor:
            cursor.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", [position])
            return bool(cursor.fetchone()[0])

    _until(caught_up)


def _asked(server: Any, path: str, client: Client) -> tuple[Any, list[str]]:
    """The response, and what the replica was asked for it."""
    asked: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with server.execute_wrapper(note):
        response = client.get(path)
        if response.streaming:
            response.body = b"".join(response.streaming_content)
    return response, asked


def test_pages_and_exports_are_read_there(second: Any) -> None:
    make.stock(make.product("QUIET-1"), 5)
    client = Client()
    client.force_login(make.user("operations"))
    _replayed(second)
    response, asked = _asked(second, LIST, client)
    assert b"QUIET-1" in response.content
    assert any("inventory_ops_product" in sql for sql in asked)
    response, asked = _asked(second, f"{LIST}?_export=csv", client)
    assert b"QUIET-1" in response.body
    # the rows of an export are streamed when the view has long answered: from the replica, too
    with second.cursor() as cursor, pytest.raises(Exception, match="read-only"):
        cursor.execute("delete from inventory_ops_product")


def test_who_has_written_sees_it_before_the_replica_does(second: Any) -> None:
    client = Client()
    client.force_login(make.user("operations"))
    _replayed(second)
    with second.cursor() as cursor:
        cursor.execute("select pg_wal_replay_pause()")
    try:
        make.stock(make.product("WRITTEN-1"), 5)
        # without a write of one's own the replica's older state is good enough …
        response, asked = _asked(second, LIST, client)
        assert b"WRITTEN-1" not in response.content and len(asked) > 1
        # … and after one it is not
        posted = client.post("/preferences/density/", {"density": "compact"})
        assert posted.cookies[replica.COOKIE].value
        response, asked = _asked(second, LIST, client)
        assert b"WRITTEN-1" in response.content and len(asked) == 1
    finally:
        with second.cursor() as cursor:
            cursor.execute("select pg_wal_replay_resume()")
    _replayed(second)
    response, asked = _asked(second, LIST, client)
    assert b"WRITTEN-1" in response.content and len(asked) > 1


def test_a_replica_that_is_gone_is_not_missed(second: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.stock(make.product("STILL-1"), 5)
    client = Client()
    client.force_login(make.user("operations"))
    second.close()
    second.settings_dict["HOST"] = "/nowhere"
    assert b"STILL-1" in client.get(LIST).content
    assert replica._down_until > time.monotonic()
    # it is left alone for a while, and asked again afterwards
    monkeypatch.setattr(replica, "_down_until", 0.0)
    assert b"STILL-1" in client.get(LIST).content


@pytest.mark.parametrize("says", [None, InternalError("received 2 results from command 'DEALLOCATE ALL'")])
def test_a_replica_that_breaks_half_way_is_not_missed(second: Any, says: InternalError | None) -> None:
    """However the driver reports it."""
    make.stock(make.product("STILL-2"), 5)
    client = Client()
    client.force_login(make.user("operations"))
    _replayed(second)
    with second.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
    killed = []

    def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "inventory_ops_product" in sql and not killed:
            killed.append(pid)
            second.connection.cancel()
            second.connection.close()
            if says:
                raise says
        return execute(sql, params, many, context)

    with second.execute_wrapper(kill):
        assert b"STILL-2" in client.get(LIST).content
    assert killed


def test_how_far_it_is_behind_is_measured(second: Any) -> None:
    with second.cursor() as cursor:
        assert replica.lag() is not None
        cursor.execute("select pg_wal_replay_pause()")
        try:
            make.product()
            _until(lambda: (replica.lag() or 0) > 0)
        finally:
            cursor.execute("select pg_wal_replay_resume()")
    _until(lambda: replica.lag() == 0)


def test_nonsense_in_the_cookie_is_no_error(second: Any) -> None:
    client = Client()
    client.force_login(make.user("operations"))
    client.cookies[replica.COOKIE] = "0/0'; drop table x"
    assert client.get(LIST).status_code == 200
