"""Jobs: plan, request, approve, run, pause, cancel, retry. A single action is a job with one item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from inventory_ops.kit import broker
from inventory_ops.kit.db import parallel
from inventory_ops.models import User
from inventory_ops.registries.permissions import ADMIN
from user_audit.models import ActionItem, ActionJob, Identity
from user_audit.operations import log
from user_audit.operations.database_records import LEASE, LeaseLost
from user_audit.operations.perform import perform
from user_audit.queries.decisions import CALLS, LIMIT, Decision, decide, needs_approval

logger = structlog.get_logger(__name__)
APPROVAL_LIFETIME = timedelta(hours=24)
THREADS = 4
BATCH = 50
FAILURES_IN_A_ROW = 5
FAILED_SHARE = 0.2
CALLS_A_SECOND = 8


class NotPossible(Exception):
    """The request is refused, with the reason for the person. Nothing was changed."""


class PlanChanged(NotPossible):
    """What would happen is not what was shown."""


@dataclass(frozen=True)
class Plan:
    """A dry run: what would happen to each identity, and what it costs."""

    action: str
    decisions: tuple[Decision, ...]
    waive_grace: bool
    digest: str
    approval: str

    @property
    def doing(self) -> list[Decision]:
        return [d for d in self.decisions if d.legal]

    @property
    def skipped(self) -> list[Decision]:
        return [d for d in self.decisions if not d.legal]

    @property
    def calls(self) -> int:
        return CALLS.get(self.action, 0) * len(self.doing)

    @property
    def minutes(self) -> int:
        """An estimate against AWS itself, at our pace."""
        return -(-self.calls // (CALLS_A_SECOND * 60))

    @property
    def phrase(self) -> str:
        """What has to be typed to confirm."""
        verb = self.action.split("-")[0].upper()
        if len(self.doing) == 1:
            return self.doing[0].identity.email
        return f"{verb} {len(self.doing)} USERS"


def plan(action: str, identities: Sequence[Identity], *, by: User, waive_grace: bool = False) -> Plan:
    """The dry run. Raises NotPossible above the cap."""
    if len(identities) > LIMIT:
        raise NotPossible(f"At most {LIMIT} users at once; {len(identities)} are selected.")
    decisions = tuple(decide(action, identities, by=by, now=timezone.now(), waive_grace=waive_grace))
    content = [
        (d.identity.key, d.identity.user_id, d.identity.iam_user_id, d.kind.value, d.identity.email) for d in decisions
    ]
    digest = hashlib.sha256(json.dumps([action, waive_grace, by.pk, sorted(content)]).encode()).hexdigest()
    approval = needs_approval(action, decisions, waive_grace=waive_grace)
    return Plan(action, decisions, waive_grace, digest, approval)


@transaction.atomic
def request(planned: Plan, *, shown_digest: str, typed: str, reason: str, idempotency_key: str, by: User) -> ActionJob:
    """Makes the job of a plan that was shown. The same key gives the same job (a double click is one job).

    Raises PlanChanged when the plan is not the one that was shown, NotPossible when it was not confirmed.
    """
    existing = ActionJob.objects.filter(idempotency_key=idempotency_key, requested_by=by).first()
    if existing is not None:
        return existing
    if planned.digest != shown_digest:
        raise PlanChanged("The users changed since the plan was shown. Look at the new plan and confirm again.")
    if not planned.doing:
        raise NotPossible("There is nothing to do: every selected user is refused or already as wanted.")
    if typed.strip() != planned.phrase:
        raise NotPossible(f"Type {planned.phrase} to confirm.")
    if not reason.strip():
        raise NotPossible("Say why: the reason goes into the log.")
    try:
        with transaction.atomic():
            job = ActionJob.objects.create(
                action=planned.action,
                state=ActionJob.State.AWAITING if planned.approval else ActionJob.State.QUEUED,
                reason=reason.strip()[:500],
                waive_grace=planned.waive_grace,
                plan_hash=planned.digest,
                idempotency_key=idempotency_key,
                requested_by=by,
            )
    except IntegrityError:
        return ActionJob.objects.get(idempotency_key=idempotency_key, requested_by=by)
    ActionItem.objects.bulk_create(
        ActionItem(
            job=job,
            subject=d.identity.key,
            label=d.identity.email,
            user_id=d.identity.user_id,
            iam_user_id=d.identity.iam_user_id,
        )
        for d in planned.doing
    )
    log.write(
        "request",
        by=by,
        subject=str(job.pk),
        summary=f"Requested: {job.get_action_display()} for {len(planned.doing)} users",
        data={"reason": job.reason, "plan": planned.digest, "needs_approval": bool(planned.approval)},
    )
    if not planned.approval:
        _enqueue(job)
    return job


@transaction.atomic
def approve(job_id: UUID | str, *, by: User) -> ActionJob:
    """A second administrator lets the job run. Raises NotPossible: own request, expired, or the plan changed."""
    job = _locked(job_id, by)
    if job.state != ActionJob.State.AWAITING:
        raise NotPossible("This request does not wait for an approval.")
    if job.requested_by_id == by.pk:
        raise NotPossible("Nobody approves their own request.")
    if _expired(job):
        raise NotPossible("The request is older than 24 hours. Make a new one.")
    subjects = {item.subject for item in job.items.all()}
    identities = list(Identity.objects.filter(key__in=subjects))
    fresh = decide(job.action, identities, by=job.requested_by, now=timezone.now(), waive_grace=job.waive_grace)
    if {d.identity.key for d in fresh if d.legal} != subjects:
        raise PlanChanged("The users changed since the request was made. Reject it and make a new one.")
    job.state, job.approved_by, job.approved_at = ActionJob.State.QUEUED, by, timezone.now()
    job.save()
    log.write("approve", by=by, subject=str(job.pk), summary=f"Approved: {job.get_action_display()}")
    _enqueue(job)
    return job


@transaction.atomic
def reject(job_id: UUID | str, *, by: User) -> ActionJob:
    """Refuses a request, or withdraws one's own."""
    job = _locked(job_id, by)
    if job.state != ActionJob.State.AWAITING:
        raise NotPossible("This request does not wait for an approval.")
    _end(job, ActionJob.State.REJECTED)
    log.write("reject", by=by, subject=str(job.pk), summary=f"Rejected: {job.get_action_display()}")
    return job


@transaction.atomic
def pause(job_id: UUID | str, *, by: User) -> ActionJob:
    """No further user is begun; those in work are finished."""
    job = _locked(job_id, by)
    if job.state not in (ActionJob.State.QUEUED, ActionJob.State.RUNNING):
        raise NotPossible("Only a running job can be paused.")
    job.state, job.message = ActionJob.State.PAUSED, f"Paused by {by.email}."
    job.save()
    log.write("pause", by=by, subject=str(job.pk), summary=f"Paused: {job.get_action_display()}")
    return job


@transaction.atomic
def resume(job_id: UUID | str, *, by: User) -> ActionJob:
    job = _locked(job_id, by)
    if job.state != ActionJob.State.PAUSED:
        raise NotPossible("Only a paused job can be resumed.")
    job.state, job.message = ActionJob.State.QUEUED, ""
    job.save()
    log.write("resume", by=by, subject=str(job.pk), summary=f"Resumed: {job.get_action_display()}")
    _enqueue(job)
    return job


@transaction.atomic
def cancel(job_id: UUID | str, *, by: User) -> ActionJob:
    """Drops what is not begun; users in work are finished, never left in the middle."""
    job = _locked(job_id, by)
    if job.state in ActionJob.FINAL:
        raise NotPossible("The job has ended already.")
    job.items.filter(state__in=[ActionItem.State.WAITING, ActionItem.State.SCHEDULED]).update(
        state=ActionItem.State.CANCELLED, finished_at=timezone.now()
    )
    if job.items.filter(state=ActionItem.State.RUNNING).exists():
        job.state, job.message = ActionJob.State.RUNNING, f"Cancelled by {by.email}; users in work are finished."
        job.save()
    else:
        _end(job, ActionJob.State.CANCELLED)
    log.write("cancel", by=by, subject=str(job.pk), summary=f"Cancelled: {job.get_action_display()}")
    return job


@transaction.atomic
def retry(job_id: UUID | str, *, by: User) -> ActionJob:
    """Puts failed and partly done users back; each goes on where it stopped."""
    job = _locked(job_id, by)
    if job.state in (ActionJob.State.AWAITING, ActionJob.State.REJECTED, ActionJob.State.EXPIRED):
        raise NotPossible("The job was never approved.")
    states = [ActionItem.State.RETRY, ActionItem.State.FAILED, ActionItem.State.PARTIAL]
    again = job.items.filter(state__in=states).update(state=ActionItem.State.WAITING, finished_at=None)
    if not again:
        raise NotPossible("No user of this job failed.")
    job.state, job.message, job.finished_at = ActionJob.State.QUEUED, "", None
    job.save()
    log.write("retry", by=by, subject=str(job.pk), summary=f"Retried {again} users: {job.get_action_display()}")
    _enqueue(job)
    return job


# -- running -------------------------------------------------------------------------------------------------------
CLAIM = """
update user_audit_actionitem set state = 'running', lease_until = %(lease)s, attempts = attempts + 1,
    started_at = coalesce(started_at, %(now)s)
where id = (
    select i.id from user_audit_actionitem i join user_audit_actionjob j on j.id = i.job_id
    where i.job_id = %(job)s and j.state in ('queued', 'running')
      and (i.state = 'waiting' or (i.state = 'running' and i.lease_until < %(now)s)
           or (i.state = 'scheduled' and i.not_before <= %(now)s))
    order by i.id for update of i skip locked limit 1)
returning id
"""


def work(job_id: UUID, *, threads: int = THREADS, batch: int = BATCH) -> bool:
    """Works on up to `batch` users of the job; whether there is more to do now. Safe to run twice at once."""
    ActionJob.objects.filter(pk=job_id, state=ActionJob.State.QUEUED).update(state=ActionJob.State.RUNNING)
    share = max(1, batch // threads)
    if threads == 1:
        _work_alone(job_id, share)
    else:
        list(parallel.on_own_connections(lambda _: _work_alone(job_id, share), range(threads), most=threads))
    return _settle(job_id)


def _work_alone(job_id: UUID, share: int) -> None:
    for _ in range(share):
        item = claim(job_id)
        if item is None:
            return
        try:
            perform(item)
        except LeaseLost:
            logger.warning("user_audit.lease_lost", item=item.pk)
        if _broken(job_id):
            return


def claim(job_id: UUID, *, now: datetime | None = None) -> ActionItem | None:
    """Takes the next user under a lease, or one whose worker let its lease run out."""
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"job": job_id, "now": now, "lease": now + LEASE})
        row = cursor.fetchone()
    return ActionItem.objects.select_related("job__requested_by", "job__approved_by").get(pk=row[0]) if row else None


def _broken(job_id: UUID) -> bool:
    """The circuit breaker: pauses a job that only fails."""
    ended = ActionItem.objects.filter(job=job_id, finished_at__isnull=False)
    latest = list(ended.order_by("-finished_at").values_list("state", flat=True)[:FAILURES_IN_A_ROW])
    bad = {ActionItem.State.FAILED, ActionItem.State.RETRY, ActionItem.State.PARTIAL}
    counts = ended.aggregate(all=Count("pk"), bad=Count("pk", filter=Q(state__in=bad)))
    in_a_row = len(latest) == FAILURES_IN_A_ROW and all(state in bad for state in latest)
    share = counts["all"] >= 4 * FAILURES_IN_A_ROW and counts["bad"] > counts["all"] * FAILED_SHARE
    if not in_a_row and not share:
        return False
    paused = ActionJob.objects.filter(
        pk=job_id, state=ActionJob.State.RUNNING, items__state=ActionItem.State.WAITING
    ).update(
        state=ActionJob.State.PAUSED,
        message=f"Paused by itself: {counts['bad']} of {counts['all']} users failed. Look at why, then resume.",
    )
    return bool(paused)


def _settle(job_id: UUID) -> bool:
    """Ends the job when no user is left; whether there is more to do now."""
    with transaction.atomic():
        job = ActionJob.objects.select_for_update().get(pk=job_id)
        open_items = job.items.filter(state__in=ActionItem.OPEN)
        if job.state != ActionJob.State.RUNNING:
            return False
        if not open_items.exists():
            cancelled = job.items.filter(state=ActionItem.State.CANCELLED).exists()
            _end(job, ActionJob.State.CANCELLED if cancelled else ActionJob.State.DONE)
            return False
        return open_items.filter(state=ActionItem.State.WAITING).exists()


def sweep(*, now: datetime | None = None) -> list[ActionJob]:
    """Expires old requests; gives the jobs that have users nobody works on: for the queue, which may forget."""
    now = now or timezone.now()
    ActionJob.objects.filter(state=ActionJob.State.AWAITING, requested_at__lt=now - APPROVAL_LIFETIME).update(
        state=ActionJob.State.EXPIRED, finished_at=now
    )
    due = (
        Q(items__state=ActionItem.State.WAITING)
        | Q(items__state=ActionItem.State.RUNNING, items__lease_until__lt=now)
        | Q(items__state=ActionItem.State.SCHEDULED, items__not_before__lte=now)
    )
    running = Q(state__in=[ActionJob.State.QUEUED, ActionJob.State.RUNNING])
    return list(ActionJob.objects.filter(running & due).distinct())


def _locked(job_id: UUID | str, by: User) -> ActionJob:
    if not User.objects.get(pk=by.pk).has_role(ADMIN):
        raise NotPossible("Only administrators may do this.")
    return ActionJob.objects.select_for_update().get(pk=job_id)


def _expired(job: ActionJob) -> bool:
    return job.requested_at < timezone.now() - APPROVAL_LIFETIME


def _end(job: ActionJob, state: str) -> None:
    job.state, job.finished_at = state, timezone.now()
    job.save()


def _enqueue(job: ActionJob) -> None:
    transaction.on_commit(lambda: send(job.pk))


def send(job_id: UUID) -> None:
    """Notifies the workers. A broker that is away is not an error: the sweeper sends again."""
    broker.send("user_audit.tasks.work_on", str(job_id), queue="iam")
