"""Helpers of the tests that have both sides: platform accounts with IAM users, and jobs on them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from config.embedded.aws import Handle
from config.embedded.aws.organisation import MAIN_ACCOUNT
from inventory_ops.models import User
from tests.user_audit import aws_world
from user_audit import accounts
from user_audit.aws.iam import Iam
from user_audit.aws.sessions import Purpose
from user_audit.models import ActionItem, ActionJob, IamAccount, IamScan, IamUser, Identity
from user_audit.operations import jobs, scans


@dataclass
class World:
    """One account of the local endpoint, and the platform."""

    handle: Handle
    judge: Any

    def admin(self, name: str = "") -> User:
        name = name or f"admin-{uuid.uuid4().hex[:8]}"
        return User.objects.create_user(f"{name}@example.com", role="admin", platform_type="Admin")

    def person(self, *, aws: bool = True, platform: bool = True, everything: bool = False, **fields: Any) -> Identity:
        """Somebody on both sides, already linked as a scan would; keyword arguments go to the platform user."""
        email = f"p-{uuid.uuid4().hex[:10]}@example.com"
        user = User.objects.create_user(email, **({"role": "operations"} | fields)) if platform else None
        if not aws:
            assert user is not None
            return Identity.objects.get(user=user)
        aws_world.make_user(self.judge, email, everything=everything)
        return self.adopt(email)

    def adopt(self, name: str) -> Identity:
        """What a scan does, for one user: the tests' endpoint holds the users of all tests."""
        account, _ = IamAccount.objects.get_or_create(account_id=MAIN_ACCOUNT)
        found = self.judge.get_user(UserName=name)["User"]
        now = timezone.now()
        row = IamUser.objects.create(
            account=account,
            iam_id=found["UserId"],
            user_name=name,
            arn=found["Arn"],
            created_at=found["CreateDate"],
            read_at=now,
            changed_at=now,
        )
        scans.recheck(row)
        return Identity.objects.get(iam_user=row)

    def scanned(self) -> None:
        """As if a scan had just been complete."""
        account, _ = IamAccount.objects.get_or_create(account_id=MAIN_ACCOUNT)
        IamScan.objects.create(account=account, state="complete", finished_at=timezone.now(), user_count=1)

    def port(self, purpose: Purpose = Purpose.DISABLE) -> Iam:
        return accounts.open_iam(MAIN_ACCOUNT, purpose)

    def state(self, row: Identity) -> dict[str, Any]:
        return aws_world.state(self.judge, row.user_name)

    # -- jobs ----------------------------------------------------------------------------------------------------
    def request(self, action: str, *rows: Identity, by: User, waive_grace: bool = False, key: str = "") -> ActionJob:
        keys = [row.key for row in rows]
        fresh = list(Identity.objects.filter(key__in=keys))
        planned = jobs.plan(action, fresh, by=by, waive_grace=waive_grace)
        return jobs.request(
            planned,
            shown_digest=planned.digest,
            typed=planned.phrase,
            reason="test",
            idempotency_key=key or uuid.uuid4().hex,
            by=by,
        )

    def run(self, job: ActionJob) -> ActionJob:
        while jobs.work(job.pk, threads=1):
            pass
        job.refresh_from_db()
        return job

    def do(self, action: str, row: Identity, *, by: User, second: User | None = None, **options: Any) -> ActionItem:
        """One action on one identity, through a job, to its end."""
        job = self.request(action, row, by=by, **options)
        if second is not None:
            jobs.approve(job.pk, by=second)
        self.run(job)
        return job.items.get()

    def again(self, row: Identity) -> Identity:
        return Identity.objects.get(key=row.key)
