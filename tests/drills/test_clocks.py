"""Machines whose clock is ahead take no work from others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from inventory_ops.models import Job
from inventory_ops.operations import jobs
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
AHEAD = timedelta(minutes=5)


def test_a_worker_whose_clock_is_ahead_leaves_a_running_job_to_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    wanted = {"report": "products-without-orders", "format": "csv", "query": ""}
    job = jobs.enqueue(kind="export", title="x", by=make.user("operations"), params=wanted)
    assert jobs._claim(job.pk)
    Job.objects.update(attempts=jobs.MOST_ATTEMPTS)
    now = timezone.now

    def ahead() -> datetime:
        return now() + AHEAD

    monkeypatch.setattr(timezone, "now", ahead)
    jobs.sweep(now=ahead())
    assert jobs._claim(job.pk) is None, "taken from the worker that is at it"
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING, "given up while a worker is at it"
