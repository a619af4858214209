"""Schedules, status and metrics: for administrators, and right when a service is away."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import metrics as counters
from inventory_ops.models import AuditEvent, Job, ScanRun, ScanSchedule
from inventory_ops.models.audit import Security
from inventory_ops.operations import audit, jobs, scans
from inventory_ops.pages.metrics import page
from inventory_ops.queries import status
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    browser = Client()
    browser.force_login(make.user("admin"))
    return browser


def row(name: str = "costs") -> ScanSchedule:
    scans.ensure_schedules(now=timezone.now())
    return ScanSchedule.objects.get(name=name)


def test_a_schedule_is_changed_with_its_next_run(admin: Client) -> None:
    before = row()
    ScanSchedule.objects.update(next_at=timezone.now() + timedelta(days=1))
    answer = admin.post(f"/system/schedules/{before.pk}/", {"minutes": "5", "is_enabled": "on"})
    assert answer.status_code == 302
    after = row()
    assert after.every == timedelta(minutes=5)
    assert after.next_at <= timezone.now() + timedelta(minutes=5)
    assert AuditEvent.objects.filter(action="scan.schedule", summary="costs: every 5 min").exists()
    admin.post(f"/system/schedules/{before.pk}/", {"minutes": "5"})
    assert not row().is_enabled
    assert "costs" not in scans.start_due(now=timezone.now() + timedelta(days=3))


@pytest.mark.parametrize("minutes", ["", "0", "-5", "1e9", "99999999", "soon", "1.5"])
def test_bad_intervals_are_refused(admin: Client, minutes: str) -> None:
    found = row()
    assert admin.post(f"/system/schedules/{found.pk}/", {"minutes": minutes}).status_code == 422
    assert row().every == found.every


def test_run_now_and_how_it_went(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(scans, "request", lambda name, by="": sent.append((name, by)))
    found = row()
    admin.post(f"/system/schedules/{found.pk}/run/")
    assert [name for name, _by in sent] == ["costs"]
    ScanRun.objects.create(
        name="costs",
        state="failed",
        as_of=timezone.now(),
        started_at=timezone.now() - timedelta(seconds=3),
        finished_at=timezone.now(),
        error="ZeroDivisionError: no",
    )
    assert "ZeroDivisionError" in admin.get("/system/schedules/").content.decode()
    assert "ZeroDivisionError" in admin.get("/system/status/").content.decode()


def test_the_status_page_shows_what_is_stuck_and_sends_it_again(
    admin: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(jobs, "send", lambda *args: sent.append(args))
    old = timezone.now() - timedelta(minutes=10)
    waiting = Job.objects.create(kind="export", title="Waits", queue="imports", created_at=old)
    lost = Job.objects.create(kind="export", title="Lost", state="running", lease_until=old)
    Job.objects.create(kind="export", title="Works", state="running", lease_until=timezone.now() + timedelta(minutes=1))
    Job.objects.create(kind="export", title="Broke", state="failed", finished_at=timezone.now(), message="Disk full.")
    admin.get("/system/status/")
    with django_assert_max_num_queries(20):
        page = admin.get("/system/status/").content.decode()
    assert all(text in page for text in ("Waits", "Lost", "Broke", "Disk full."))
    assert "Works" not in page
    for job in (waiting, lost):
        assert admin.post(f"/system/jobs/{job.pk}/resend/").status_code == 302
    assert sent == [(waiting.pk, "imports"), (lost.pk, "default")]


def test_the_status_page_says_that_the_broker_is_away(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise redis.ConnectionError

    monkeypatch.setattr(status, "queue_depths", away)
    page = admin.get("/system/status/")
    assert page.status_code == 200
    assert "The broker does not answer" in page.content.decode()


def families(response: Any) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(response.content.decode())}


def test_metrics_count_requests_of_all_processes(admin: Client) -> None:
    counters.client().delete(counters.KEY)
    for _ in range(3):
        admin.get("/docs/")
    admin.get("/nothing-here/")
    found = families(admin.get("/metrics"))
    counts = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for sample in found["ops_requests"].samples
    }
    assert counts[("GET", "docs/", "200")] == 3
    assert counts[("GET", "unknown", "404")] == 1
    buckets = [sample for sample in found["ops_request_seconds"].samples if sample.labels["route"] == "docs/"]
    assert next(sample.value for sample in buckets if sample.name.endswith("_count")) == 3
    assert {"ops_queue_depth", "ops_up", "ops_jobs_stuck", "ops_scan_failed"} <= set(found)


def test_metrics_tell_of_scans_and_queues(admin: Client) -> None:
    scans.run("costs")
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.delete("imports")
        client.rpush("imports", "x", "y")
        found = families(admin.get("/metrics"))
        client.delete("imports")
    depth = {sample.labels["queue"]: sample.value for sample in found["ops_queue_depth"].samples}
    assert depth["imports"] == 2
    age = {sample.labels["scan"]: sample.value for sample in found["ops_scan_age_seconds"].samples}
    assert 0 <= age["costs"] < 60


def test_metrics_ask_the_database_two_things(django_assert_num_queries: Any) -> None:
    page(now=timezone.now())  # what is compiled once is compiled
    with django_assert_num_queries(2):
        page(now=timezone.now())


def test_the_last_backup_is_told(admin: Client) -> None:
    assert "none by manage.py backup" in admin.get("/system/status/").content.decode()
    assert "ops_backup_age_seconds" not in families(admin.get("/metrics"))
    audit.record(action=Security.BACKUP_MADE, by=None, summary="5 rows, 0 files, 7 bytes")
    assert "none by manage.py backup" not in admin.get("/system/status/").content.decode()
    [sample] = families(admin.get("/metrics"))["ops_backup_age_seconds"].samples
    assert 0 <= sample.value < 60
    assert "Backup made" in admin.get("/system/security/").content.decode()


def test_who_may_read_metrics(settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-enough-token-1"
    anonymous, operations = Client(), Client()
    operations.force_login(make.user("operations"))
    assert anonymous.get("/metrics").status_code == 401
    assert operations.get("/metrics").status_code == 403
    for header, code in (
        ("Bearer a-long-enough-token-1", 200),
        ("Bearer wrong", 401),
        ("Bearer ", 401),
        ("Bearer é", 401),
        ("a-long-enough-token-1", 401),
    ):
        assert anonymous.get("/metrics", headers={"Authorization": header}).status_code == code, header
    settings.METRICS_TOKEN = ""
    assert anonymous.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_a_counter_that_is_away_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def away() -> Any:
        tried.append(1)
        raise redis.ConnectionError

    monkeypatch.setattr(counters, "client", away)
    browser = Client()
    assert [browser.get("/accounts/login/").status_code for _ in range(3)] == [200] * 3
    assert len(tried) == 1  # then there is a pause


def test_metrics_name_no_person_and_no_address(admin: Client) -> None:
    admin.get("/search/?q=jane@example.org")
    text = admin.get("/metrics").content.decode()
    assert "@" not in re.sub(r"# .*", "", text)
