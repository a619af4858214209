"""How the system is doing: for the status page and for /metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import OuterRef, Q, QuerySet, Subquery

from inventory_ops.kit import broker
from inventory_ops.models import AuditEvent, Job, ScanRun, ScanSchedule
from inventory_ops.models.audit import Security, is_security

TICK_KEY = "ops:tick"
TICK_LATE = timedelta(minutes=3)
WAITS_TOO_LONG = timedelta(minutes=2)
DAY = timedelta(hours=24)


def last_tick() -> datetime | None:
    """When a worker last did beat's minute task; None when not known (or the cache is away)."""
    text = cache.get(TICK_KEY)
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def tick_done(*, now: datetime) -> None:
    cache.set(TICK_KEY, now.isoformat(), timeout=7 * 24 * 3600)


def queue_depths(queues: tuple[str, ...]) -> Mapping[str, int]:
    """Messages that wait in each queue, and those that workers hold under `in progress`. Raises RedisError."""
    with broker.client().pipeline(transaction=False) as pipe:
        for name in queues:
            pipe.llen(name)
        pipe.hlen("unacked")
        found = pipe.execute()
    return dict(zip([*queues, "in progress"], found, strict=True))


def stuck_jobs(*, now: datetime) -> QuerySet[Job]:
    """Jobs that no worker took for too long, or whose worker was lost."""
    return Job.objects.filter(is_stuck(now, now - WAITS_TOO_LONG)).order_by("created_at")


def is_stuck(now: Any, too_long_ago: Any) -> Q:
    """Of a job, as values or slots."""
    waits = Q(state=Job.State.QUEUED, created_at__lt=too_long_ago)
    return waits | Q(state=Job.State.RUNNING, lease_until__lt=now)


def failed_jobs(*, now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(state=Job.State.FAILED, finished_at__gt=now - DAY).order_by("-finished_at")


def last_backup() -> datetime | None:
    """When `manage.py backup` last succeeded; None when it never did. Copies made by other means are not known."""
    return backups().values_list("at", flat=True).first()


def backups() -> QuerySet[AuditEvent]:
    """What `manage.py backup` made, the last first."""
    return AuditEvent.objects.filter(is_security(), action=Security.BACKUP_MADE).order_by("-pk")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scan's schedule with its last run, if there was one."""

    row: ScanSchedule
    run: ScanRun | None

    @property
    def minutes(self) -> int:
        return int(self.row.every.total_seconds() // 60)

    @property
    def took(self) -> float | None:
        """Seconds that the last run took."""
        if self.run is None or self.run.finished_at is None:
            return None
        return round((self.run.finished_at - self.run.started_at).total_seconds(), 1)


def schedules() -> list[Schedule]:
    """All schedules by name, in two queries."""
    newest = ScanRun.objects.filter(name=OuterRef("name")).order_by("-started_at").values("pk")[:1]
    rows = list(ScanSchedule.objects.annotate(last_run=Subquery(newest)).order_by("name"))
    runs = ScanRun.objects.in_bulk([row.last_run for row in rows if row.last_run])
    return [Schedule(row, runs.get(row.last_run)) for row in rows]
