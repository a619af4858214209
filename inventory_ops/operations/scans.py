"""Periodic scans: each runs alone (advisory lock), leaves a run with its counts, and a failure closes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.kit import broker
from inventory_ops.kit.registry import SCANS, Registry
from inventory_ops.kit.reports import registry
from inventory_ops.models import ScanRun, ScanSchedule, User
from inventory_ops.operations import audit, figure_days, finding_days, issues, rescans
from inventory_ops.operations.findings import ScanCounts

log = structlog.get_logger(__name__)

LATE_FACTOR = 2  # a scan is late when it has not run for this many periods
RUNS_KEPT = timedelta(days=90)


class ScanBusy(Exception):
    """The same scan runs already."""


class ScanUnavailable(Exception):
    """The scan has nothing to look at here. The message says why, and what to do."""


class UnknownScan(KeyError):
    """There is no scan of that name."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan: what it does, and how often by default."""

    name: str
    run: Callable[[datetime, bool], ScanCounts]  # of a moment; of all rows, or of what changed where that is known
    every: timedelta
    queue: str = "scans"
    prepare: Callable[[datetime], object] = lambda as_of: None  # in a transaction of its own, before the scan's
    why_not: Callable[[], str] = lambda: ""  # what it needs and does not have here, or ""
    of_data: bool = True  # does it look at what imports load? Else at another system
    title: Any = ""  # of one that fills no list


_scans: Registry[Scan] = Registry("scan", later=SCANS)


def register(scan: Scan) -> None:
    """Add a scan. Called by what `AppConfig.ready()` names."""
    _scans.add(scan.name, scan)


def title(name: str) -> str:
    """What people call a scan: the lists that it fills, else its name in plain letters."""
    filled = [str(report.short_title or report.title) for report in registry if report.scan == name]
    return ", ".join(filled) or (str(_scans.get(name).title) if name in _scans else "") or name.replace("_", " ")


def names() -> list[str]:
    return _scans.keys()


def why_not(name: str) -> str:
    """Why a scan cannot run here, or "". Raises UnknownScan."""
    if name not in _scans:
        raise UnknownScan(name)
    return _scans.get(name).why_not()


def names_of_data() -> list[str]:
    """The scans that loading data makes stale."""
    return [scan.name for scan in _scans if scan.of_data]


def register_report_scans(every: dict[str, timedelta]) -> None:
    """One scan for each name that reports declare; reports of one name are scanned together."""
    for name, period in every.items():
        register(Scan(name, _report_scan(name), period, prepare=_refresh_tables))


def _refresh_tables(as_of: datetime) -> None:
    """The tables that reports are read from; before the scan, so that no page waits for the scan to end."""
    if abs(timezone.now() - as_of) < issues.NEAR:
        issues.refresh(as_of=as_of, patience=issues.PATIENCE)


def _report_scan(name: str) -> Callable[[datetime, bool], ScanCounts]:
    def scan(as_of: datetime, whole: bool) -> ScanCounts:
        reports = [report for report in registry if report.scan == name]
        counts = ScanCounts()
        for report in reports:
            report.before_scan(as_of=as_of)
            counts += rescans.scan(report, as_of=as_of, whole=whole)
            figure_days.record(report, as_of=as_of)
        finding_days.record_days(day=as_of.date(), reports=[report.slug for report in reports])
        return counts

    return scan


def run(name: str, *, as_of: datetime | None = None, requested_by: str = "", whole: bool = False) -> ScanRun:
    """Run a scan now and answer its run. `whole` reads all rows, even of a scan that knows what changed.

    Raises UnknownScan, ScanUnavailable, and ScanBusy when it runs already; an error of the scan itself is written to
    the run and raised again: nothing it did stays.
    """
    if reason := why_not(name):
        raise ScanUnavailable(reason)
    moment = as_of or timezone.now()
    scan_run = ScanRun.objects.create(name=name, as_of=moment, requested_by=requested_by)
    try:
        _scans.get(name).prepare(moment)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(hashtext(%s))", [f"scan:{name}"])
            if not cursor.fetchone()[0]:
                raise ScanBusy(name)
            # whoever holds the lock is alone: other runs that say they are running were left by lost workers
            others = ScanRun.objects.filter(name=name, state=ScanRun.State.RUNNING).exclude(pk=scan_run.pk)
            others.filter(started_at__lt=scan_run.started_at).update(
                state=ScanRun.State.FAILED, finished_at=timezone.now(), error="Its worker was lost."
            )
            # laterals over millions of rows: a compiled plan costs more than it saves, and memoize never hits
            cursor.execute("set local enable_memoize = off")
            counts = _scans.get(name).run(moment, whole)
    except ScanBusy:
        scan_run.delete()
        raise
    except Exception as error:
        scan_run.state = ScanRun.State.FAILED
        scan_run.error = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:500]
        scan_run.finished_at = timezone.now()
        scan_run.save()
        raise
    scan_run.state = ScanRun.State.DONE
    scan_run.seen, scan_run.opened = counts.seen, counts.opened
    scan_run.resolved, scan_run.changed = counts.resolved, counts.changed
    scan_run.finished_at = timezone.now()
    scan_run.save()
    log.info("scan_done", scan=name, seen=counts.seen, opened=counts.opened, resolved=counts.resolved)
    return scan_run


def request(name: str, *, by: str = "") -> None:
    """Ask the workers to run a scan soon. Raises UnknownScan and ScanUnavailable."""
    if reason := why_not(name):
        raise ScanUnavailable(reason)
    if not broker.send("inventory_ops.tasks.run_scan", name, by, queue=_scans.get(name).queue):
        # the schedule is the truth: due now, the next tick sends it
        ScanSchedule.objects.filter(name=name).update(next_at=timezone.now())


def ensure_schedules(*, now: datetime) -> None:
    """A row for every scan, with its default period."""
    missing = set(_scans.keys()) - set(ScanSchedule.objects.values_list("name", flat=True))
    ScanSchedule.objects.bulk_create(
        (ScanSchedule(name=name, every=_scans.get(name).every, next_at=now) for name in sorted(missing)),
        ignore_conflicts=True,
    )


@transaction.atomic
def reschedule(*, name: str, every: timedelta, is_enabled: bool, by: User, now: datetime) -> None:
    """Run a scan this often, or not at all by itself; a shorter period counts from the last run."""
    row = ScanSchedule.objects.select_for_update().get(name=name)
    row.next_at = min(row.next_at, now + every) if is_enabled else row.next_at
    row.every, row.is_enabled = every, is_enabled
    row.save()
    text = f"every {int(every.total_seconds() // 60)} min" if is_enabled else "off"
    audit.record(action="scan.schedule", by=by, subject=row, summary=f"{name}: {text}")


def start_due(*, now: datetime) -> Sequence[str]:
    """Send the scans that are due and move their next run ahead. Two beats at once send each only once."""
    ensure_schedules(now=now)
    sent = []
    with transaction.atomic():
        due = ScanSchedule.objects.select_for_update(skip_locked=True).filter(
            is_enabled=True, next_at__lte=now, name__in=_scans.keys()
        )
        for schedule in due:
            schedule.next_at = now + schedule.every
            schedule.save(update_fields=["next_at"])
            sent.append(schedule.name)
    for name in sent:
        with suppress(ScanUnavailable):
            request(name)
    # a run whose worker was killed never ends: it holds no lock any more, so it is a failure
    cut_off = now - timedelta(hours=2)
    ScanRun.objects.filter(state=ScanRun.State.RUNNING, started_at__lt=cut_off).update(
        state=ScanRun.State.FAILED, finished_at=now, error="Its worker was lost."
    )
    ScanRun.objects.filter(started_at__lt=now - RUNS_KEPT).delete()
    return sent
