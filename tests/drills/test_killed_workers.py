"""kill -9 of the worker in the middle of each kind of work: it ends in a final state, nothing is lost or done twice."""

from __future__ import annotations

import csv
import io
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from inventory_ops.models import (
    Delivery,
    Finding,
    Import,
    InventoryEvent,
    Job,
    Notice,
    Product,
    ScanRun,
)
from inventory_ops.operations import exports, jobs, scans
from inventory_ops.operations.imports import uploads
from inventory_ops.operations.notifications import deliveries, destinations
from tests import child, make
from tests.notifications.support import receiving

pytestmark = pytest.mark.django_db(transaction=True)

# In the child: say that the middle is reached, and stay there until killed.
STAY = """
import sys, time
from pathlib import Path
from django.conf import settings

def stay():
    Path(sys.argv[2]).touch()
    time.sleep(600)

settings.MEDIA_ROOT = Path(sys.argv[3])
settings.NOTIFICATIONS_ALLOW_LOOPBACK = True
"""


@pytest.fixture
def killed_in(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """`killed_in(code, argument)` runs code in a process of its own, which is killed when it calls `stay()`."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = True
    settings.MEDIA_ROOT.mkdir()
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    monkeypatch.setattr(deliveries, "send_soon", lambda *_: None)
    marker = tmp_path / "reached"

    def run(code: str, argument: str) -> None:
        worker = child.start(STAY + code, argument, str(marker), str(settings.MEDIA_ROOT))
        deadline = time.monotonic() + 300  # a new interpreter on a busy machine takes its time
        while not marker.exists():
            assert worker.exitcode is None, "the worker ended before the middle"
            assert time.monotonic() < deadline, "the worker never reached the middle"
            time.sleep(0.02)
        worker.kill()
        worker.join(60)
        assert worker.exitcode == -signal.SIGKILL

    return run


def go_on(job: Job) -> Job:
    """What the sweeper and another worker do once the lease has run out."""
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    jobs.run(job.pk)  # the lease holds: nobody takes it
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.sweep(now=timezone.now()) == 1
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.attempts == 2
    return job


def test_export(killed_in: Callable[[str, str], None], settings: Any) -> None:
    of = make.merchant()
    Product.objects.bulk_create(
        Product(merchant=of, sku=f"S{n}", name="Lamp", price=1, created_at=make.ago(days=900)) for n in range(60)
    )
    params = {"report": "products-without-orders", "format": "csv", "query": ""}
    job = jobs.enqueue(kind="export", title="Export", by=make.user("operations"), params=params)
    code = """
from inventory_ops.operations import exports, jobs
exports.TELL_EVERY = 0
told = jobs.Context.progress
def progress(self, done, *rest, **more):
    told(self, done, *rest, **more)
    if done == 30:
        stay()
jobs.Context.progress = progress
jobs.run(sys.argv[1])
"""
    killed_in(code, str(job.pk))
    assert [path.suffix for path in (settings.MEDIA_ROOT / exports.FOLDER).iterdir()] == [".part"]
    assert go_on(job).state == Job.State.DONE
    [path] = (settings.MEDIA_ROOT / exports.FOLDER).iterdir()
    assert len(list(csv.reader(io.StringIO(path.read_text())))) == 61


def test_import(killed_in: Callable[[str, str], None], settings: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from inventory_ops.kit.imports import registry

    make.product("A")
    rows = "".join("A,1,count,2026-01-01\n" for _ in range(50))
    file = SimpleUploadedFile("adjustments.csv", f"sku,quantity_delta,reason,occurred_at\n{rows}".encode())
    user, spec = make.user("operations"), registry.get("adjustments")
    assert spec
    found = uploads.receive(files=[file], spec=spec, by=user)
    found.refresh_from_db()
    job = uploads.apply(job=found, by=user)
    code = """
from inventory_ops.operations import jobs
from inventory_ops.operations.imports import files
write = files.apply_staged
def apply(*arguments):
    write(*arguments)
    stay()
files.apply_staged = apply
jobs.run(sys.argv[1])
"""
    killed_in(code, str(job.pk))
    assert not InventoryEvent.objects.exists()
    assert go_on(job).state == Job.State.DONE
    found.refresh_from_db()
    assert (found.state, found.rows_new) == (Import.State.DONE, 50)
    assert InventoryEvent.objects.count() == 50
    jobs.run(job.pk)  # a message that comes late changes nothing
    assert InventoryEvent.objects.count() == 50


def test_scan(killed_in: Callable[[str, str], None]) -> None:
    for sku in "AB":
        make.product(sku, price=Decimal(10), cost=Decimal(12))
    code = """
from inventory_ops.operations import finding_days, scans
finding_days.record_days = lambda **_: stay()
scans.run(sys.argv[1])
"""
    killed_in(code, "costs")
    assert not Finding.objects.exists()
    assert not Notice.objects.exists()
    assert list(ScanRun.objects.values_list("state", flat=True)) == ["running"]
    scans.run("costs")
    assert Finding.objects.filter(report="inventory-cost-issues").count() == 2
    assert Notice.objects.count() == 2
    states = ScanRun.objects.order_by("pk").values_list("state", "error")
    assert list(states) == [("failed", "Its worker was lost."), ("done", "")]
    scans.run("costs")
    assert Notice.objects.count() == 2


def test_delivery(killed_in: Callable[[str, str], None]) -> None:
    with receiving() as receiver:
        user = make.user("operations")
        to, _key = destinations.create(
            user=user, kind="webhook", frequency="instant", name="", address=receiver.url, now=timezone.now()
        )
        delivery = destinations.send_test(destination=to, now=timezone.now())
        code = """
from inventory_ops.operations.notifications import deliveries
deliveries._settle = lambda *_, **__: stay()
deliveries.deliver(sys.argv[1])
"""
        killed_in(code, str(delivery.pk))
        deliveries.deliver(delivery.pk)  # the lease holds
        assert len(receiver.got) == 1
        Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert deliveries.sweep(now=timezone.now()) == 1
        deliveries.deliver(delivery.pk)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts) == ("sent", 2)
        assert {headers["Idempotency-Key"] for headers, _ in receiver.got} == {str(delivery.pk)}


def test_a_job_whose_workers_always_die_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    job = Job.objects.create(
        kind="export", title="Export", state="running", attempts=jobs.MOST_ATTEMPTS, lease_until=make.NOW
    )
    jobs.sweep(now=timezone.now())
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "worker was lost" in job.message
