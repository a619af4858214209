"""Scan of an account, and the live read of one user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from inventory_ops.kit.db import locks
from user_audit import accounts
from user_audit.aws.entities import LiveUser, Subject
from user_audit.aws.errors import AwsError, IdentityChanged, NoSuchEntity, ReportMalformed, ReportNotReady, WrongAccount
from user_audit.aws.iam import Iam
from user_audit.aws.scan import AccountReading, read_account
from user_audit.aws.sessions import Account, Purpose
from user_audit.identity import live_fields, snapshot_row
from user_audit.models import IamAccount, IamScan, IamUser
from user_audit.operations import reconcile

# A scan that suddenly sees this much less is held: it is more likely wrong than the company gone.
HELD_BELOW = 0.8
HELD_AT_LEAST = 10


@dataclass(frozen=True)
class ScanResult:
    """What one account's scan did. state is one of IamScan.State, or "skipped" while another one runs."""

    account_id: str
    state: str
    users: int = 0
    gone: int = 0
    message: str = ""


def scan_all(*, now: datetime | None = None) -> list[ScanResult]:
    """Scans every configured account, one after the other; a failure of one does not stop the next."""
    configured = accounts.configured()
    IamAccount.objects.exclude(account_id__in=[a.account_id for a in configured]).update(is_enabled=False)
    return [scan(account, now=now) for account in configured]


def scan(account: Account, *, now: datetime | None = None) -> ScanResult:
    """Reads the account in bulk and reconciles. Changes nothing unless every page arrived."""
    row, _ = IamAccount.objects.update_or_create(
        account_id=account.account_id, defaults={"is_enabled": True}, create_defaults={"alias": account.alias}
    )
    with locks.session_lock(f"user_audit.scan.{account.account_id}") as alone:
        if not alone:
            return ScanResult(account.account_id, "skipped", message="Another scan of this account is running.")
        run = IamScan.objects.create(account=row, started_at=now or timezone.now())
        try:
            reading = read_account(accounts.open_iam(account.account_id, Purpose.READ))
        except (AwsError, WrongAccount, ReportNotReady, ReportMalformed, ImproperlyConfigured) as error:
            return _finish(run, IamScan.State.FAILED, message=str(error))
        except BaseException as error:
            _finish(run, IamScan.State.FAILED, message=f"Interrupted: {type(error).__name__}")
            raise
        return _apply(run, reading)


def _apply(run: IamScan, reading: AccountReading) -> ScanResult:
    run.report_generated_at, run.user_count = reading.report_generated_at, len(reading.users)
    before = (
        IamScan.objects.filter(account=run.account, state=IamScan.State.COMPLETE)
        .order_by("-finished_at")
        .values_list("user_count", flat=True)
        .first()
    ) or 0
    missing = before - len(reading.users)
    if missing > HELD_AT_LEAST and len(reading.users) < before * HELD_BELOW:
        return _finish(
            run,
            IamScan.State.HELD,
            users=len(reading.users),
            message=f"Only {len(reading.users)} users where the last scan saw {before}. Nothing was changed. If that "
            "is right, run `manage.py user_audit accept-fewer` and scan again.",
        )
    now = timezone.now()
    with transaction.atomic():
        IamAccount.objects.filter(pk=run.account_id).update(alias=reading.alias, own_arns=list(reading.own_arns))
        reconcile.copy_snapshot(snapshot_row(run.pk, user, reading.own_arns) for user in reading.users)
        done = reconcile.reconcile(
            scan_id=run.pk,
            account_id=run.account_id,
            started=run.started_at,
            report=reading.report_generated_at,
            now=now,
        )
        return _finish(
            run, IamScan.State.COMPLETE, users=len(reading.users), gone=done.gone, message=" ".join(reading.problems)
        )


def accept_fewer(account_id: str) -> bool:
    """Lets the next scan see fewer users: somebody looked and says that it is right. False without a scan so far."""
    return bool(IamScan.objects.filter(account_id=account_id, state=IamScan.State.COMPLETE).update(user_count=0))


def _finish(run: IamScan, state: str, *, users: int = 0, gone: int = 0, message: str = "") -> ScanResult:
    run.state, run.message, run.finished_at = state, message, timezone.now()
    run.save()
    return ScanResult(run.account_id, state, users, gone, message)


def subject_of(iam_user: IamUser) -> Subject:
    return Subject(iam_user.account_id, iam_user.iam_id, iam_user.user_name)


def recheck(iam_user: IamUser, *, iam: Iam | None = None) -> IamUser:
    """Reads one user live and keeps what was found; a user that is not there (any more) is marked gone.

    Raises AwsError when AWS does not answer: then nothing is known anew, and nothing changes.
    """
    iam = iam or accounts.open_iam(iam_user.account_id, Purpose.READ)
    now = timezone.now()
    try:
        live = iam.read(subject_of(iam_user))
    except (NoSuchEntity, IdentityChanged):
        IamUser.objects.filter(pk=iam_user.pk).update(gone_at=now, read_at=now, changed_at=now)
    else:
        keep_live(iam_user, live, iam.own_arns, now)
    reconcile.link()
    iam_user.refresh_from_db()
    return iam_user


def keep_live(iam_user: IamUser, live: LiveUser, own_arns: tuple[str, ...], now: datetime) -> None:
    fields = live_fields(live, own_arns, now)
    if any(
        getattr(iam_user, name) != value for name, value in fields.items() if name not in {"read_at", "credentials_at"}
    ):
        fields["changed_at"] = now
    if iam_user.deny == IamUser.Deny.GROUP and not fields["deny"]:
        fields["deny"] = IamUser.Deny.GROUP  # a live read of the user does not show its groups' policies
    IamUser.objects.filter(pk=iam_user.pk).update(**fields)
