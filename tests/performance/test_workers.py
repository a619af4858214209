"""Several workers on one set of queues: every job is done once, and one worker's death loses none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from config.embedded.paths import CHECKOUT
from config.env import read
from inventory_ops.models import Job
from tests import make

JOBS = 16
PATIENCE = 300  # seconds; a worker's start on a busy machine takes its time
QUEUE_NUMBER = 7  # a database of Valkey's that no other test uses
SEND = """
import django; django.setup()
import config.celery
from django.utils import timezone
from inventory_ops.operations import jobs
print(jobs.sweep(now=timezone.now()))
"""


def _until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, list(Job.objects.values_list("state", flat=True))
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_jobs_and_one_may_die() -> None:
    settings = connection.settings_dict
    redis = read().redis_url.partition("?")[0].rstrip("/")
    queue = f"{redis}?db={QUEUE_NUMBER}" if redis.startswith("unix") else f"{redis}/{QUEUE_NUMBER}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://postgres@{settings['HOST'].replace('/', '%2F')}/{settings['NAME']}",
        "REDIS_URL": queue,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "WARNING",
    }
    user = make.user("operations")
    for n in range(5):
        make.stock(make.product(f"QUIET-{n}"), 3)
    long_ago = timezone.now() - timedelta(minutes=5)
    wanted = {"report": "products-without-orders", "format": "csv", "query": ""}
    for n in range(JOBS):
        Job.objects.create(kind="export", title=f"Export {n}", params=wanted, queue="imports", created_by=user)
    Job.objects.update(created_at=long_ago)

    def send() -> int:
        out = subprocess.run(
            [sys.executable, "-c", SEND], env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
        return int(out.stdout.split()[-1])

    def worker(name: str) -> subprocess.Popen[bytes]:
        command = ["celery", "-A", "config.celery", "worker", "-Q", "default,imports", "-c", "1", "-n", f"{name}@test"]
        return subprocess.Popen(
            [sys.executable, "-m", *command, "--without-mingle", "--without-gossip"],
            env=environment,
            cwd=CHECKOUT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    workers = [worker("one"), worker("two")]
    try:
        assert send() == JOBS
        done = Job.objects.filter(state=Job.State.DONE)
        _until(lambda: done.count() >= 3)
        os.killpg(workers[0].pid, signal.SIGKILL)  # in the middle of its work
        workers[0].wait(60)
        died_at, done_before = timezone.now(), done.count()
        # what the dead one held is free when its lease has run out, and is sent again
        deadline = time.monotonic() + PATIENCE
        while (done_now := done.count()) < JOBS:
            assert time.monotonic() < deadline, list(Job.objects.values_list("state", "attempts"))
            if done_now > done_before or done_now == JOBS - 1:  # the other has ended what it was at, too
                held = Job.objects.filter(state=Job.State.RUNNING, started_at__lt=died_at)
                held.update(lease_until=timezone.now() - timedelta(seconds=1))
            send()
            time.sleep(1)
    finally:
        for process in workers:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in workers:
            process.wait(60)
    assert done.count() == JOBS
    # each was run once, but what was under way when its worker died
    again = Job.objects.filter(attempts__gt=1).count()
    assert again <= 2, list(Job.objects.values_list("attempts", flat=True))
