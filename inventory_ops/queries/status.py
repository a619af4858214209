"""How the system is doing: for the status page and for /metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, DateTimeField, F, Min, OuterRef, Q, QuerySet, Subquery, Sum

from inventory_ops.kit import broker
from inventory_ops.kit.db.compiled import Slot, Statement
from inventory_ops.models import AuditEvent, Delivery, Import, Job, ScanRun, ScanSchedule
from inventory_ops.models.audit import Security, is_security

TICK_KEY = "ops:tick"
TICK_LATE = timedelta(minutes=3)
WAITS_TOO_LONG = timedelta(minutes=2)
DAY = timedelta(hours=24)
SINCE = Slot("since", DateTimeField())  # of statements that /metrics runs again and again: they are compiled once


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
    waits = Q(state=Job.State.QUEUED, created_at__lt=now - WAITS_TOO_LONG)
    return Job.objects.filter(waits | Q(state=Job.State.RUNNING, lease_until__lt=now)).order_by("created_at")


def failed_jobs(*, now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(state=Job.State.FAILED, finished_at__gt=now - DAY).order_by("-finished_at")


def last_backup() -> datetime | None:
    """When `manage.py backup` last succeeded; None when it never did. Copies made by other means are not known."""
    return next((at for (at,) in _BACKUP.rows()), None)


_BACKUP = Statement(
    lambda: AuditEvent.objects.filter(is_security(), action=Security.BACKUP_MADE).order_by("-pk").values_list("at")[:1]
)


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


@dataclass(frozen=True, slots=True)
class JobTimes:
    """What ended of a kind of job in the last 24 hours, by state, with the seconds that it ran."""

    kind: str
    state: str
    number: int
    seconds: float


def job_times(*, now: datetime) -> list[JobTimes]:
    rows = _JOB_TIMES.rows(since=now - DAY)
    return [JobTimes(kind, state, n, ran.total_seconds()) for kind, state, n, ran in rows]


_JOB_TIMES = Statement(
    lambda: (
        Job.objects.filter(finished_at__gt=SINCE, started_at__isnull=False)
        .values_list("kind", "state")
        .annotate(n=Count("pk"), ran=Sum(F("finished_at") - F("started_at")))
        .order_by("kind", "state")
    )
)


def queue_ages(*, now: datetime) -> Mapping[str, float]:
    """Seconds that the oldest job of each queue has waited for a worker."""
    return {queue: max((now - oldest).total_seconds(), 0.0) for queue, oldest in _OLDEST.rows()}


_OLDEST = Statement(
    lambda: (
        Job.objects.filter(state=Job.State.QUEUED)
        .values_list("queue")
        .annotate(oldest=Min("created_at"))
        .order_by("queue")
    )
)


def refused_rows(*, now: datetime) -> Mapping[str, int]:
    """Rows of import files that were refused in the last 24 hours, by kind."""
    return dict(_REFUSED.rows(since=now - DAY))


_REFUSED = Statement(
    lambda: (
        Import.objects.filter(finished_at__gt=SINCE)
        .exclude(kind="")
        .values_list("kind")
        .annotate(n=Sum("rows_failed"))
        .order_by("kind")
    )
)


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What ended in the last 24 hours, by state; scans by name and state."""

    jobs: Mapping[str, int]
    deliveries: Mapping[str, int]
    scans: Mapping[tuple[str, str], int]


def day_counts(*, now: datetime) -> DayCounts:
    since = now - DAY
    return DayCounts(
        jobs=dict(_JOBS.rows(since=since)),
        deliveries=dict(_SENT.rows(since=since)),
        scans={(name, state): n for name, state, n in _RUNS.rows(since=since)},
    )


_JOBS = Statement(
    lambda: (
        Job.objects.filter(Q(finished_at__gt=SINCE) | Q(finished_at__isnull=True))
        .values_list("state")
        .annotate(n=Count("pk"))
    )
)
_SENT = Statement(lambda: Delivery.objects.filter(created_at__gt=SINCE).values_list("state").annotate(n=Count("pk")))
_RUNS = Statement(
    lambda: ScanRun.objects.filter(started_at__gt=SINCE).values_list("name", "state").annotate(n=Count("pk"))
)
