"""Valkey and PostgreSQL stopped under a running web server and worker: pages say so, and work goes on by itself."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded import postgres, valkey
from config.embedded.paths import CHECKOUT, Paths
from tests import databases

AWAY = float(os.environ.get("OPS_DRILL_AWAY", "1"))  # seconds
LONG = AWAY >= 10  # then beat's own tick, which comes every minute, sends what was lost; else the test does
PATIENCE = 180.0

END = "-- end of what was asked:"
# A new interpreter takes seconds to set Django up: this one has done so, and forks for every piece of code. It never
# connects itself, so that each starts without connections, as a new interpreter would.
CONSOLE = f"""
import json, os, sys, traceback, django; django.setup(); import config.celery
for line in sys.stdin:
    code, sys.argv[1:] = json.loads(line)
    if not (pid := os.fork()):
        status = 1
        try:
            exec(code, {{"sys": sys}})
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    print({END!r}, os.waitpid(pid, 0)[1], flush=True)
"""


class World:
    """Services of their own, a web server and a worker on them."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(folder)
        self.postgres = postgres.start(self.paths, fast=True)
        self.valkey = valkey.start(self.paths)
        self.env = os.environ | {
            "OPS_DATA_DIR": str(folder),
            "DATABASE_URL": self.paths.database_url(),
            "REDIS_URL": self.paths.redis_url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
        }
        self.processes: list[subprocess.Popen[Any]] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def start(self) -> None:
        if dump := databases.dumped():
            load = [postgres.POSTGRES_BIN_PATH / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump]
            subprocess.run([*load, self.paths.database_url()], stdout=subprocess.DEVNULL, check=True)
        else:
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=self.env, cwd=CHECKOUT, check=True)
        python = [sys.executable, "-m"]
        queues = ["-Q", "default,scans,imports", "-c", "1", "-l", "ERROR", "--without-mingle", "--without-gossip"]
        for command in (
            [*python, "gunicorn", "config.wsgi", "-b", f"127.0.0.1:{self.port}", "--log-level", "error"],
            [*python, "celery", "-A", "config.celery", "worker", *queues],
            [*python, "celery", "-A", "config.celery", "beat", "-l", "ERROR", "-s", str(self.paths.data_dir / "beat")],
        ):
            self.processes.append(subprocess.Popen(command, env=self.env, cwd=CHECKOUT))
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.console = subprocess.Popen([sys.executable, "-c", CONSOLE], env=self.env, cwd=CHECKOUT, **pipes)
        self.processes.append(self.console)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pipe in (self.console.stdin, self.console.stdout):
            pipe.close()
        valkey.stop(self.valkey)
        postgres.stop(self.postgres)

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def wait_for(self, path: str, status: int) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            found, body = self.get(path)
            if found == status:
                return body
            assert time.monotonic() < deadline, (path, found, body[:500])
            time.sleep(0.1)

    def run(self, code: str, *arguments: str) -> str:
        """Run code with Django set up on these services, in a process of its own; answers what it printed."""
        self.console.stdin.write(json.dumps([code, arguments]) + "\n")
        self.console.stdin.flush()
        printed = ""
        for line in self.console.stdout:
            if line.startswith(END):
                assert line.split()[-1] == "0", "see what it wrote to stderr"
                return printed.strip()
            printed += line
        raise RuntimeError("the console has ended")

    def send_what_was_lost(self) -> None:
        """What beat's tick does every minute."""
        if not LONG:
            self.run(SWEEP)


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("drill"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


ENQUEUE = """
from inventory_ops.models import Job, User
from inventory_ops.operations import exports, jobs
user = User.objects.filter(role="operations").first() or User.objects.create_user("a@example.com", role="operations")
report = sys.argv[2] if len(sys.argv) > 2 else "jobs"
params = {"report": report, "format": "csv", "query": "", "n": sys.argv[1]}
print(jobs.enqueue(kind="export", title="Export", by=user, params=params, queue="imports").pk)
"""
SWEEP = """
from datetime import timedelta
from django.utils import timezone
from inventory_ops.operations import jobs
jobs.sweep(now=timezone.now() + timedelta(minutes=1))
"""
PUT_BACK = """
import time
from inventory_ops.models import Job
while Job.objects.get(pk=sys.argv[1]).state == "running":
    time.sleep(0.1)
"""
STATE = """
from inventory_ops.models import Job
print(Job.objects.get(pk=sys.argv[1]).state)
"""
# waits for the job's end: polling in one process is cheaper than starting many
WAIT = """
import time
from django.db import connection
from inventory_ops.models import Job
for _ in range(1500):
    job = Job.objects.get(pk=sys.argv[1])
    if job.is_final:
        break
    time.sleep(0.1)
print(job.state, job.done_count, job.attempts)
"""


@pytest.mark.slow
def test_broker_and_database_away_for_a_while(world: World) -> None:
    world.wait_for("/healthz", 200)

    # the broker goes: pages carry on, work is kept, and is done when the broker is back
    valkey.stop(world.valkey)
    job = world.run(ENQUEUE, "1")
    assert '"broker": "unavailable' in world.wait_for("/healthz", 503)
    assert world.get("/accounts/login/")[0] == 200
    time.sleep(AWAY)
    world.valkey = valkey.start(world.paths)
    world.wait_for("/healthz", 200)
    world.send_what_was_lost()
    assert world.run(WAIT, job).split()[0] == "done"

    # the database goes under a running job: pages say so, and answer again when it is back, without a restart
    with suppress(psycopg.OperationalError), psycopg.connect(world.paths.database_url()) as holding:
        holding.execute("lock table inventory_ops_merchant")  # the job waits for this in its middle
        caught = world.run(ENQUEUE, "2", "products-without-orders")
        deadline = time.monotonic() + PATIENCE
        while world.run(STATE, caught) != "running":
            assert time.monotonic() < deadline
        postgres.stop(world.postgres)
    assert '"database": "unavailable' in world.wait_for("/healthz", 503)
    status, _body = world.get("/docs/")
    assert status in (302, 503)  # an anonymous visitor needs no database to be sent to the login
    connection: Any = http.client.HTTPConnection("127.0.0.1", world.port, timeout=60)
    connection.request("GET", "/docs/", headers={"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"})
    answer = connection.getresponse()
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "30"
    assert "not available right now" in answer.read().decode()
    time.sleep(AWAY)
    world.postgres = postgres.start(world.paths, fast=True)
    world.wait_for("/healthz", 200)
    if not LONG:
        world.run(PUT_BACK, caught)
    world.send_what_was_lost()
    state, _rows, attempts = world.run(WAIT, caught).split()
    assert (state, attempts) == ("done", "2")
    job = world.run(ENQUEUE, "3")
    state, rows, attempts = world.run(WAIT, job).split()
    assert (state, attempts) == ("done", "1")
    assert int(rows) >= 1
