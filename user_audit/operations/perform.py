"""Carries out one item of a job: checks again, acts, reads the user live, and says how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db.models import Q
from django.utils import timezone

from inventory_ops.kit.db import locks
from inventory_ops.models import User
from user_audit import accounts
from user_audit.aws.delete import delete
from user_audit.aws.disable import disable
from user_audit.aws.enable import enable
from user_audit.aws.errors import AwsError, IdentityChanged, NoSuchEntity, WrongAccount
from user_audit.aws.sessions import Purpose
from user_audit.aws.steps import Hand, Outcome, Refused
from user_audit.models import ActionItem, DisableRecord, IamUser, Identity
from user_audit.models.actions import Action
from user_audit.operations import database, log, scans
from user_audit.operations.database_records import DatabaseArchive, DatabaseJournal, DatabaseRecords, LeaseLost
from user_audit.queries.decisions import GRACE, Kind, decide

logger = structlog.get_logger(__name__)
State = ActionItem.State
LOCK_SECONDS = 30


@dataclass(frozen=True)
class Result:
    """How an item ended. not_before goes with SCHEDULED."""

    state: str
    message: str = ""
    not_before: datetime | None = None


class Busy(Exception):
    """Another action on the same user is running."""


def perform(item: ActionItem) -> None:
    """Runs the item to an end and keeps the outcome. The caller holds the lease; nothing is raised but LeaseLost
    and what ends the process."""
    journal = DatabaseJournal(item)
    try:
        result = _result(item, journal)
    except LeaseLost:
        raise
    except Exception as error:
        logger.exception("user_audit.item_failed", item=item.pk)
        result = Result(State.RETRY, f"Unexpected error ({type(error).__name__}); see the log of the worker.")
    finished_at = None if result.state == State.SCHEDULED else timezone.now()
    kept = ActionItem.objects.filter(pk=item.pk, state=State.RUNNING, attempts=item.attempts).update(
        state=result.state,
        message=result.message,
        not_before=result.not_before,
        request_ids=[*item.request_ids, *journal.request_ids],
        lease_until=None,
        finished_at=finished_at,
    )
    if not kept:
        raise LeaseLost(f"{item}: another worker went on with it.")
    log.write(
        item.job.action.replace("-", "_"),
        by=item.job.requested_by,
        subject=item.subject,
        summary=f"{item.job.get_action_display()}: {State(result.state).label}",
        data={
            "job": str(item.job_id),
            "outcome": result.state,
            "message": result.message,
            "approved_by": item.job.approved_by.email if item.job.approved_by else "",
            "reason": item.job.reason,
            "request_ids": journal.request_ids,
        },
    )


def _result(item: ActionItem, journal: DatabaseJournal) -> Result:
    try:
        with _alone_with(item):
            return _act(item, journal)
    except Busy:
        return Result(State.RETRY, "Another action on this user is running. Try again when it has ended.")
    except (Refused, IdentityChanged, WrongAccount, database.LastAdmin, database.NotAllowed) as refusal:
        return Result(State.REFUSED, str(refusal))
    except database.NotDisabled as refusal:
        return Result(State.REFUSED, str(refusal))
    except AwsError as error:
        return Result(State.RETRY if error.transient else State.FAILED, str(error))


def _act(item: ActionItem, journal: DatabaseJournal) -> Result:
    row = _identity(item)
    job = item.job
    if row is None:
        gone = job.action in (Action.DELETE_AWS, Action.DELETE_DB, Action.DELETE_BOTH)
        return Result(State.NOOP if gone else State.REFUSED, "The user is not there any more.")
    by = User.objects.get(pk=job.requested_by_id)
    # After AWS is done the platform's half of a delete is left: then the rules of that half hold.
    half_done = job.action == Action.DELETE_BOTH and row.iam_user_id is None and item.iam_user_id is not None
    action = Action.DELETE_DB if half_done else job.action
    [decision] = decide(action, [row], by=by, now=timezone.now(), waive_grace=job.waive_grace)
    if decision.kind is Kind.REFUSED:
        return Result(State.REFUSED, decision.why)
    match job.action:
        case Action.DISABLE_DB:
            return _done(database.disable(user_id=_user_id(row), by=by), "Already disabled on the platform.")
        case Action.ENABLE_DB:
            return _done(database.enable(user_id=_user_id(row), by=by), "Already active on the platform.")
        case Action.DELETE_DB:
            return _done(database.delete(user_id=_user_id(row), by=by), "Already gone.")
        case Action.DISABLE_AWS:
            return _outcome(item, _disable(journal, _iam_user(row)), "Already disabled in AWS.")
        case Action.ENABLE_AWS:
            return _outcome(item, _enable(journal, _iam_user(row)), "Already enabled in AWS.")
        case Action.DELETE_AWS:
            if decision.not_before is not None:
                return Result(State.SCHEDULED, decision.why, decision.not_before)
            return _outcome(item, _delete(journal, _iam_user(row)), "Already gone from AWS.")
        case _:
            return _delete_both(item, journal, row, by)


def _delete_both(item: ActionItem, journal: DatabaseJournal, row: Identity, by: User) -> Result:
    """Closes both sides first, then deletes AWS in every account, and the platform only when AWS says it is gone."""
    user_id = _user_id(row)
    iam_users = list(IamUser.objects.filter(user_id=user_id, gone_at__isnull=True).order_by("pk"))
    protected = next((i for i in iam_users if i.protected_because), None)
    if protected is not None:
        return Result(State.REFUSED, f"Protected: {protected} ({protected.protected_because}).")
    database.disable(user_id=user_id, by=by)
    due = timezone.now()
    for iam_user in iam_users:
        outcome = _disable(journal, iam_user)
        if outcome.partial:
            return Result(State.PARTIAL, f"Both sides are closed as far as possible. {' '.join(outcome.notes)}")
        taken_at = DisableRecord.objects.filter(iam_user=iam_user, state="open").values_list("taken_at", flat=True)
        due = max([due, *(moment + GRACE for moment in taken_at)])
    if not item.job.waive_grace and due > timezone.now():
        return Result(State.SCHEDULED, f"Disabled on both sides; deleted on {due:%Y-%m-%d %H:%M} UTC.", due)
    for iam_user in iam_users:
        _delete(journal, iam_user)
    still = IamUser.objects.filter(user_id=user_id, gone_at__isnull=True).exists()
    if still:
        return Result(State.RETRY, "AWS still shows the user; the platform account is kept, disabled.")
    return _done(database.delete(user_id=user_id, by=by), "Already gone.")


def _disable(journal: DatabaseJournal, iam_user: IamUser) -> Outcome:
    hand = _hand(iam_user, journal, Purpose.DISABLE)
    with _kept(hand, iam_user):
        return disable(hand, DatabaseRecords(iam_user))


def _enable(journal: DatabaseJournal, iam_user: IamUser) -> Outcome:
    hand = _hand(iam_user, journal, Purpose.DISABLE)
    with _kept(hand, iam_user):
        return enable(hand, DatabaseRecords(iam_user), now=timezone.now())


def _delete(journal: DatabaseJournal, iam_user: IamUser) -> Outcome:
    hand = _hand(iam_user, journal, Purpose.DELETE)
    records = DatabaseRecords(iam_user)
    outcome = delete(hand, records, DatabaseArchive(iam_user))
    scans.recheck(iam_user, iam=hand.iam)
    if iam_user.gone_at is not None:
        records.deleted()
    return outcome


@contextmanager
def _kept(hand: Hand, iam_user: IamUser) -> Iterator[None]:
    """Keeps what the action saw last, so that the page shows it at once; after a failure the user is read again."""
    try:
        yield
    except (NoSuchEntity, IdentityChanged):
        scans.recheck(iam_user, iam=hand.iam)
        raise
    except AwsError:
        with suppress(AwsError):
            scans.recheck(iam_user, iam=hand.iam)
        raise
    if hand.latest is not None:
        scans.keep_live(iam_user, hand.latest, hand.iam.own_arns, timezone.now())


def _hand(iam_user: IamUser, journal: DatabaseJournal, purpose: Purpose) -> Hand:
    return Hand(accounts.open_iam(iam_user.account_id, purpose), scans.subject_of(iam_user), journal)


def _outcome(item: ActionItem, outcome: Outcome, unchanged: str) -> Result:
    notes = " ".join(outcome.notes)
    # A worker before this one may have done the work and died before it could say so.
    changed = outcome.changed or item.steps.filter(result="").exists()
    if outcome.partial:
        return Result(State.PARTIAL, notes)
    return Result(State.DONE, notes) if changed else Result(State.NOOP, notes or unchanged)


def _done(changed: bool, otherwise: str) -> Result:
    return Result(State.DONE) if changed else Result(State.NOOP, otherwise)


def _identity(item: ActionItem) -> Identity | None:
    """The identity as it is now; its key may have changed since the list was frozen."""
    if item.iam_user_id is not None:
        found = Identity.objects.filter(iam_user_id=item.iam_user_id).first()
        if found is not None or item.user_id is None:
            return found
    return Identity.objects.filter(Q(user_id=item.user_id)).order_by("key").first()


def _user_id(row: Identity) -> int:
    if row.user_id is None:
        raise Refused("There is no platform account.")
    return row.user_id


def _iam_user(row: Identity) -> IamUser:
    if row.iam_user is None:
        raise Refused("There is no AWS user.")
    return row.iam_user


@contextmanager
def _alone_with(item: ActionItem) -> Iterator[None]:
    """One action at a time on one user, over all jobs and workers. Raises Busy after LOCK_SECONDS."""
    key = item.subject if item.user_id is None else f"u{item.user_id}"
    with locks.session_lock(f"user_audit.user.{key}", patience=LOCK_SECONDS) as held:
        if not held:
            raise Busy
        yield
