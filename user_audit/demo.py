"""Demo data: the platform's half of the demo organisation, and some actions on it that really happen."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from inventory_ops.models import Merchant, User
from user_audit import accounts
from user_audit.models import ActionJob, Identity
from user_audit.models.actions import Action
from user_audit.operations import jobs, scans

# A second administrator, so that deletes can be tried: nobody approves their own request.
APPROVER = "approver@example.com"


def seed(now: datetime) -> None:
    """Creates the platform users of the demo organisation, scans AWS, and acts on a few. Does nothing the second time.

    Runs after the base's sample data: it needs merchants for the users of the vendor portal, and the demo's
    administrator, in whose name the actions are done.
    """
    if User.objects.filter(email=APPROVER).exists():
        return
    by = User.objects.filter(is_demo=True, role="admin").order_by("pk").first()
    if by is None:
        return
    accounts.reset_local()
    create_users(now=now)
    scans.scan_all()
    _act(by=by)
    # last: its presence says that the seed is complete
    User.objects.create_user(APPROVER, "demo", name="Alex Approver", role="admin", platform_type="Admin", is_demo=True)


def create_users(*, now: datetime) -> int:
    """The platform users, without a password: they exist to be audited, not to log in."""
    from config.embedded.aws.organisation import people

    merchants = list(Merchant.objects.order_by("pk")[:20])
    users = []
    for number, person in enumerate(person for person in people() if person.platform is not None):
        platform = person.platform
        assert platform is not None
        is_merchant = platform.role == "merchant"
        if is_merchant and not merchants:
            continue
        user = User(
            email=platform.email,
            name=platform.name,
            role=platform.role,
            platform_type=platform.platform_type,
            merchant=merchants[number % len(merchants)] if is_merchant else None,
            is_active=platform.is_active,
            created_at=now - timedelta(days=platform.age_days),
            last_login=None if platform.last_login_days is None else now - timedelta(days=platform.last_login_days),
        )
        user.set_unusable_password()
        users.append(user)
    return len(User.objects.bulk_create(users, ignore_conflicts=True))


def _act(*, by: User) -> None:
    in_order = list(
        Identity.objects.filter(aws_status="active", database_status="active", protected_because="", severity=0)
        .exclude(role="admin")
        .exclude(email=by.email)
        .order_by("email")[:12]
    )
    _do(Action.DISABLE_AWS, in_order[:5], "Left the project, access reviewed", by=by)
    leavers = in_order[5:8]
    _do(Action.DISABLE_AWS, leavers, "Left the company", by=by)
    _do(Action.DISABLE_DB, leavers, "Left the company", by=by)
    _break_one(in_order[0])
    _request(Action.DELETE_BOTH, in_order[8:10], "Left the company last month", by=by)


def _break_one(row: Identity) -> None:
    """Somebody makes a key for a disabled user in the console: now it is only partly disabled."""
    from user_audit.aws.sessions import Purpose

    if row.iam_user is not None and accounts.get(row.account_id).endpoint_url:
        iam = accounts.open_iam(row.account_id, Purpose.DISABLE)
        iam.call("create_access_key", UserName=row.user_name)
        scans.recheck(row.iam_user, iam=iam)


def _do(action: str, rows: list[Identity], reason: str, *, by: User) -> None:
    job = _request(action, rows, reason, by=by)
    if job is not None:
        while jobs.work(job.pk, threads=1):
            pass


def _request(action: str, rows: list[Identity], reason: str, *, by: User) -> ActionJob | None:
    fresh = list(Identity.objects.filter(key__in=[row.key for row in rows]))
    plan = jobs.plan(action, fresh, by=by)
    if not plan.doing:
        return None
    return jobs.request(
        plan, shown_digest=plan.digest, typed=plan.phrase, reason=reason, idempotency_key=uuid.uuid4().hex, by=by
    )
