"""Long pieces of work: made with `enqueue`, run by a worker under a lease, always ending in a final state.

The table row is the truth and the queue only a hint: a message that is lost is sent again by `sweep`, one that is
delivered twice finds the lease taken, and a job whose worker was killed goes on when its lease has run out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from inventory_ops.kit import broker, files
from inventory_ops.kit.db import statements
from inventory_ops.kit.db.lost import LOST, is_lost
from inventory_ops.kit.registry import JOBS, Registry
from inventory_ops.models import Job, Notification, User

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
RESEND_AFTER = timedelta(seconds=30)
MOST_ATTEMPTS = 5
WAITS_FOR_DATABASE = (0.5, 1, 2, 4, 8, 15, 30)  # seconds; together less than a lease
RESULT_KEPT = timedelta(days=7)
WAITED_FOR = timedelta(seconds=20)  # who had to wait longer than this has gone on to something else, and is told


class JobCancelled(Exception):
    """Somebody asked to stop; raised by `Context.progress` between two rows."""


class JobFailed(Exception):
    """The job cannot be done; the message says why and what to do, and is shown to its owner."""


@dataclass(slots=True)
class Context:
    """What a handler is given: the job, and the means to tell how far it is."""

    job: Job

    @property
    def params(self) -> Mapping[str, Any]:
        params: Mapping[str, Any] = self.job.params
        return params

    def progress(self, done: int, total: int | None = None, *, failed: int = 0, skipped: int = 0) -> None:
        """Write the counts and renew the lease. Raises JobCancelled when somebody asked to stop."""
        values: dict[str, Any] = {"done_count": done, "failed_count": failed, "skipped_count": skipped}
        if total is not None:
            values["total_count"] = total
        now = timezone.now()
        Job.objects.filter(pk=self.job.pk).update(lease_until=now + LEASE, **values)
        if Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            raise JobCancelled

    def chunks[T](self, rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
        """The rows, `size` at a time; each is counted as done when the next is asked for. Raises JobCancelled then."""
        for first in range(0, len(rows), size):
            chunk = rows[first : first + size]
            yield chunk
            self.progress(first + len(chunk), len(rows))

    def finish(self, message: str, *, result_file: str = "", result_name: str = "") -> None:
        """One sentence for the owner, and the file that the work made (its name in the store of files)."""
        self.job.message = message
        self.job.result_file = result_file
        self.job.result_name = result_name


type Handler = Callable[[Context], None]
_handlers: Registry[Handler] = Registry("kind of job", later=JOBS)
_reading: set[str] = set()


def handler(kind: str, *, only_reads: bool = False) -> Callable[[Handler], Handler]:
    """Decorator: the function runs jobs of this kind. It must be safe to run again after a crash.

    only_reads: it changes nothing that counts, so that trying it again needs no password.
    """

    def register(function: Handler) -> Handler:
        if only_reads:
            _reading.add(kind)
        return _handlers.add(kind, function)

    return register


def changes_data(kind: str) -> bool:
    """Do jobs of this kind change anything that counts?"""
    return not (kind in _handlers and kind in _reading)


def enqueue(
    *, kind: str, title: str, by: User | None, params: Mapping[str, Any] | None = None, queue: str = "default"
) -> Job:
    """Make a job; it starts when the transaction commits. Raises KeyError on an unknown kind."""
    if kind not in _handlers:
        raise KeyError(f"No handler runs jobs of kind {kind!r}.")
    job = Job.objects.create(kind=kind, title=title[:200], params=dict(params or {}), queue=queue, created_by=by)
    transaction.on_commit(lambda: send(job.pk, queue))
    return job


def send(job_id: UUID, queue: str) -> None:
    """Notify the workers. A broker that is away is not an error: the sweeper sends again."""
    broker.send("inventory_ops.tasks.run_job", str(job_id), queue=queue)


def run(job_id: UUID | str) -> None:
    """Run a job if nobody else does; whatever happens, write down how it ended."""
    job = _claim(job_id)
    if job is None:
        return
    log.info("job_started", job=str(job.pk), kind=job.kind, attempt=job.attempts)
    context = Context(job)
    try:
        function = _handlers.find(job.kind)
        if function is None:
            raise JobFailed(f"This version cannot run jobs of kind {job.kind}.")
        with _kept_lease(job), statements.of(f"job:{job.kind}"):
            function(context)
    except JobCancelled:
        state, message = Job.State.CANCELLED, job.message or "Cancelled. What was done before stays done."
    except JobFailed as error:
        state, message = Job.State.FAILED, str(error)
    except Exception as error:
        state, message = _broken_off(job, error)
    else:
        state, message = Job.State.DONE, job.message
    _write_down(job, state, message)


def _broken_off(job: Job, error: Exception) -> tuple[Job.State, str]:
    """How a job ends that an error stopped: it is done again later when the database was away."""
    if not is_lost(error):
        log.exception("job_failed", job=str(job.pk), kind=job.kind)
        return Job.State.FAILED, f"Stopped by an unexpected error ({type(error).__name__}). Try again."
    log.warning("job_lost_database", job=str(job.pk), error=type(error).__name__)
    if job.attempts >= MOST_ATTEMPTS:
        return Job.State.FAILED, "Stopped: the database was not available. Try again."
    return Job.State.QUEUED, ""


def _write_down(job: Job, state: Job.State, message: str) -> None:
    """Note how a job ended, or put it back into the queue, from where the sweeper sends it again.

    Without a database it waits for one: most outages are short, and the job is spared the rest of its lease. After a
    long one the lease has run out, and the sweeper finds the job by that.
    """
    for wait in (*WAITS_FOR_DATABASE, None):
        try:
            if state == Job.State.QUEUED:
                connection.close()
                Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(state=state, lease_until=None)
            else:
                _finish(job, state, message)
            return
        except LOST:
            if wait is None:
                raise
            connection.close()
            time.sleep(wait)


@contextmanager
def _kept_lease(job: Job) -> Iterator[None]:
    """Renew the lease beside the work: one statement of it may take longer than a lease lasts."""
    done = threading.Event()

    def renew() -> None:
        try:
            while not done.wait(LEASE.total_seconds() / 4):
                with suppress(DatabaseError, InterfaceError):
                    running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
                    running.update(lease_until=Now() + LEASE)
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _claim(job_id: UUID | str) -> Job | None:
    now = timezone.now()
    # leases are by the database's clock: a machine whose clock is ahead takes no job from another that is at it
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=Now())
    claimed = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING, lease_until=Now() + LEASE, attempts=F("attempts") + 1, started_at=now
    )
    return Job.objects.get(pk=job_id) if claimed else None


@transaction.atomic
def _finish(job: Job, state: Job.State, message: str) -> None:
    now = timezone.now()
    ended = (
        Job.objects.filter(pk=job.pk)
        .exclude(state__in=Job.FINAL)
        .update(
            state=state,
            message=message,
            lease_until=None,
            finished_at=now,
            result_file=job.result_file,
            result_name=job.result_name,
            expires_at=now + RESULT_KEPT if job.result_file else None,
        )
    )
    if ended and job.created_by_id and state != Job.State.CANCELLED and now - job.created_at > WAITED_FOR:
        Notification.objects.create(
            user_id=job.created_by_id,
            topic="jobs",
            title=f"{state.label}: {job.title}"[:300],
            text=message[:500],
            url=reverse("job", args=[job.pk]),
            created_at=now,
        )


@transaction.atomic
def cancel(*, job: Job, by: User) -> None:
    """Ask a job to stop after the row at hand; one that has not started is stopped at once."""
    from inventory_ops.operations import audit

    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.state == Job.State.QUEUED:
        _finish(locked, Job.State.CANCELLED, f"Cancelled by {by} before it started.")
    else:
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    audit.record(action="job.cancel", by=by, subject=job, summary=job.title)


@transaction.atomic
def retry(*, job: Job, by: User) -> Job:
    """A new job like one that failed or was cancelled. Raises JobFailed for any other."""
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.state not in {Job.State.FAILED, Job.State.CANCELLED}:
        raise JobFailed("Only a failed or cancelled job can be tried again.")
    return enqueue(kind=locked.kind, title=locked.title, by=by, params=locked.params, queue=locked.queue)


def sweep(*, now: datetime) -> int:
    """Send again what seems lost, give up what was lost too often, delete results that expired. Answers jobs sent."""
    given_up = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=Now(), attempts__gte=MOST_ATTEMPTS)
    given_up.update(
        state=Job.State.FAILED,
        finished_at=now,
        lease_until=None,
        message=f"Given up: its worker was lost {MOST_ATTEMPTS} times. Try again, or ask an administrator.",
    )
    lost = Job.objects.filter(
        Q(state=Job.State.RUNNING, lease_until__lt=now) | Q(state=Job.State.QUEUED, created_at__lt=now - RESEND_AFTER)
    )
    sent = 0
    for job_id, queue in lost.values_list("pk", "queue")[:500]:
        send(job_id, queue)
        sent += 1
    for job in Job.objects.filter(expires_at__lt=now).exclude(result_file=""):
        files.delete(job.result_file)
        Job.objects.filter(pk=job.pk).update(result_file="")
    return sent
