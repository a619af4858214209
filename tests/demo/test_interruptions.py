"""The demo, interrupted at ten moments: own data beside it stay, and so does what was put into the demo's own place."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import postgres, stack
from config.embedded.paths import CHECKOUT, Paths
from tests import databases

pytestmark = pytest.mark.xdist_group("demo")

# where it is interrupted, and how; the last two are when everything is made
MOMENTS = (
    ("inventory_ops.management.migrating:migrate", signal.SIGKILL),
    ("inventory_ops.demo.lifecycle:is_seeded", signal.SIGTERM),
    ("inventory_ops.demo.marketplace:_merchants", signal.SIGINT),
    ("inventory_ops.demo.marketplace:_flash_sales", signal.SIGKILL),
    ("inventory_ops.demo.marketplace:_price_history", signal.SIGTERM),
    ("inventory_ops.demo.marketplace:_logins", signal.SIGKILL),
    ("inventory_ops.demo.channels:make", signal.SIGINT),
    ("inventory_ops.demo.lifecycle:start_over", signal.SIGKILL),
    ("inventory_ops.management.serving.supervisor:Supervisor.run", signal.SIGKILL),
    ("inventory_ops.management.serving.supervisor:Supervisor._start", signal.SIGINT),
)
OWN = "select name from inventory_ops_merchant"


class Zygote:
    """Command lines run over one data folder, in forks of one process."""

    def __init__(self, folder: Path, dump: str) -> None:
        self.folder = folder
        self.log = folder / "said"
        env = os.environ | {"OPS_DATA_DIR": str(folder), "PYTHONPATH": str(CHECKOUT), "OPS_TEST_DUMP": dump}
        for name in ("DATABASE_URL", "REDIS_URL"):
            env.pop(name, None)
        command = [sys.executable, "-m", "tests.demo.zygote"]
        self.process = subprocess.Popen(
            command, env=env, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, *argv: str, stay: str = "") -> int:
        self.log.write_text("")
        self.marker.unlink(missing_ok=True)
        order = {"argv": ["manage.py", *argv], "stay": stay, "marker": str(self.marker), "log": str(self.log)}
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._number()

    def run(self, *argv: str) -> int:
        self.start(*argv)
        return self._number()

    def interrupt(self, *argv: str, at: str, by: signal.Signals) -> int:
        """Answers how it ended."""
        pid = self.start(*argv, stay=at)
        deadline = time.monotonic() + 120
        while not self.marker.exists():
            assert time.monotonic() < deadline and Path(f"/proc/{pid}").exists(), f"{at}: {self.log.read_text()}"
            time.sleep(0.02)
        os.kill(pid, by)
        return self._number()

    def said(self) -> str:
        return self.log.read_text()

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    @property
    def marker(self) -> Path:
        return self.folder / "reached"

    def _number(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def place(django_db_setup: None) -> Iterator[tuple[Zygote, Paths, Paths]]:
    """Own data and the demo's place below them, both on running servers, so that no start waits for them."""
    folder = Path(tempfile.mkdtemp(prefix="ops-ten-"))
    own, demo = Paths(folder), Paths(folder / "demo")
    try:
        with stack.running(own, fast=True), stack.running(demo, fast=True):
            if (dump := databases.dumped()) and dump.exists():
                for paths in (own, demo):
                    psql = [postgres.POSTGRES_BIN_PATH / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump)]
                    subprocess.run([*psql, paths.database_url()], check=True, capture_output=True)
            zygote = Zygote(folder, str(dump or ""))
            yield zygote, own, demo
            zygote.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def asked(paths: Paths, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(paths.database_url()) as database:
        return database.execute(query).fetchall()


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.django_db
@pytest.mark.slow
def test_ten_interruptions(place: tuple[Zygote, Paths, Paths]) -> None:
    zygote, own, demo = place
    with psycopg.connect(own.database_url()) as database:
        database.execute(
            "insert into inventory_ops_merchant (vendor_number, name, email, currency, timezone, created_at)"
            " values ('MINE', 'Own data', '', 'EUR', 'UTC', now())"
        )
    files = own.data_dir / "files" / "claims"
    files.mkdir(parents=True)
    (files / "evidence").write_text("mine")
    demo_command = ("demo", "--port", free_port())

    assert len(MOMENTS) == 10
    seeded = []
    for at, by in MOMENTS:
        code = zygote.interrupt(*demo_command, at=at, by=by)
        assert code in {-by, 130, 143, 0}, f"{at}: {code} {zygote.said()}"
        assert asked(own, OWN) == [("Own data",)], at
        assert (files / "evidence").read_text() == "mine", at
        seeded.append(asked(demo, "select count(*) from inventory_ops_auditevent where action = 'demo.seed'"))
    # interrupted while it was made, it was made anew; interrupted later, it stayed as it was
    assert seeded == [[(0,)]] * 8 + [[(1,)]] * 2
    assert asked(demo, "select count(*) >= 4 from inventory_ops_user where is_demo") == [(True,)]


@pytest.mark.django_db
@pytest.mark.slow
def test_what_somebody_put_into_the_demos_place_is_not_dropped_without_a_word(
    place: tuple[Zygote, Paths, Paths],
) -> None:
    zygote, _own, demo = place
    demo_command = ("demo", "--port", free_port())
    zygote.run("demo", "--port", "0", "--fresh", "--yes")  # refused for its port before anything
    assert "use a number from 1 to 65535" in zygote.said()
    # --fresh asks; nobody is there to answer, so nothing is deleted
    if asked(demo, OWN):
        assert zygote.run(*demo_command, "--fresh") == 1
        assert "--fresh deletes the demo's own data" in zygote.said()
        assert "Nothing was deleted" in zygote.said()
        assert asked(demo, OWN)
    zygote.interrupt(*demo_command, "--fresh", "--yes", at="inventory_ops.demo.channels:make", by=signal.SIGKILL)
    (zygote.folder / "merchants.csv").write_text("vendor_number,name\nMINE,Loaded by me\n")
    assert zygote.run("load", str(zygote.folder / "merchants.csv"), "--demo") == 0, zygote.said()

    assert zygote.run(*demo_command) == 1
    assert "holds what is not sample data: 1 files that were loaded" in zygote.said()
    assert ("Loaded by me",) in asked(demo, OWN)
    zygote.interrupt(*demo_command, "--fresh", "--yes", at="inventory_ops.demo.lifecycle:seed", by=signal.SIGTERM)
    assert "--fresh deletes" in zygote.said()
    assert asked(demo, OWN) == []
