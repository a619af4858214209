"""Jobs of many users: progress, pause, cancel, breaker, retry, and workers that die."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from inventory_ops.models import User
from tests.user_audit.aws_world import Killed, answering, is_closed, killed_at
from tests.user_audit.platform_world import World
from user_audit.models import ActionItem, ActionJob, ActionStep, Identity
from user_audit.operations import jobs

pytestmark = pytest.mark.django_db


def states(job: ActionJob) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in job.items.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def people(world: World, count: int) -> list[Identity]:
    return [world.person() for _ in range(count)]


def test_a_worker_that_dies_again_and_again_ends_every_user_once(world: World) -> None:
    admin = world.admin()
    rows = people(world, 4)
    job = world.request("disable-aws", *rows, by=admin)
    kills = 0
    while job.state not in ActionJob.FINAL:
        try:
            with killed_at(world.port(), 21 + kills % 11, after=kills % 2 == 0, reads=True):
                jobs.work(job.pk, threads=1)
        except Killed:
            kills += 1
            ActionItem.objects.filter(job=job, state="running").update(
                lease_until=timezone.now() - timedelta(seconds=1)
            )
        job.refresh_from_db()
    assert kills > 2
    assert states(job) == {"done": 4}
    for row in rows:
        assert is_closed(world.state(row))
    deny = ActionStep.objects.filter(item__job=job, step="attach policy", result="done")
    assert deny.values("item").distinct().count() == deny.count() <= 4


def test_pause_and_resume(world: World) -> None:
    admin, rows = world.admin(), people(world, 3)
    job = world.request("disable-aws", *rows, by=admin)
    jobs.work(job.pk, threads=1, batch=1)
    jobs.pause(job.pk, by=admin)
    assert not jobs.work(job.pk, threads=1)
    assert states(job) == {"done": 1, "waiting": 2}
    jobs.resume(job.pk, by=admin)
    assert states(world.run(job)) == {"done": 3}
    with pytest.raises(jobs.NotPossible):
        jobs.pause(job.pk, by=admin)


def test_cancel_leaves_nobody_in_the_middle(world: World) -> None:
    admin, rows = world.admin(), people(world, 3)
    job = world.request("disable-aws", *rows, by=admin)
    claimed = ActionJob.objects.filter(pk=job.pk).update(state="running") and jobs.claim(job.pk)
    assert claimed
    jobs.cancel(job.pk, by=admin)
    job.refresh_from_db()
    assert job.state == "running", "one user is in work"
    from user_audit.operations.perform import perform

    perform(claimed)
    world.run(job)
    assert job.state == "cancelled"
    assert states(job) == {"done": 1, "cancelled": 2}
    assert sum(is_closed(world.state(row)) for row in rows) == 1


def test_a_job_that_only_fails_pauses_itself(world: World) -> None:
    admin, rows = world.admin(), people(world, 8)
    job = world.request("disable-aws", *rows, by=admin)
    with answering(world.port(), "AttachUserPolicy", "AccessDenied", status=403):
        world.run(job)
    assert job.state == "paused"
    assert states(job) == {"failed": 5, "waiting": 3}
    jobs.resume(job.pk, by=admin)
    jobs.retry(job.pk, by=admin)
    assert states(world.run(job)) == {"done": 8}


def test_throttled_calls_end_and_add_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    admin, rows = world.admin(), people(world, 5)
    job = world.request("disable-aws", *rows, by=admin)
    seen: list[int] = []

    def throttle(request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        from tests.user_audit.aws_world import RawBody

        seen.append(1)
        if len(seen) % 3:
            return None
        body = b"<ErrorResponse><Error><Code>Throttling</Code><Message>x</Message></Error></ErrorResponse>"
        return AWSResponse(request.url, 400, {}, RawBody(body))

    port = world.port()
    port.client.meta.events.register_first("before-send.iam", throttle)
    try:
        world.run(job)
    finally:
        port.client.meta.events.unregister("before-send.iam", throttle)
    assert states(job) == {"done": 5}


def test_over_25_users_need_a_second_person(world: World) -> None:
    admin = world.admin()
    rows = [world.person(aws=False) for _ in range(26)]
    assert world.request("disable-db", *rows[:25], by=admin).state == "queued"
    assert world.request("disable-db", *rows, by=admin).state == "awaiting"


def test_an_approval_dies_with_time_and_with_the_plan(world: World) -> None:
    admin, second = world.admin(), world.admin()
    rows = [world.person(aws=False) for _ in range(2)]
    for row in rows:
        world.do("disable-db", row, by=admin)
    job = world.request("delete-db", *rows, by=admin)
    User.objects.filter(pk=rows[0].user_id).update(is_active=True)
    with pytest.raises(jobs.PlanChanged):
        jobs.approve(job.pk, by=second)
    User.objects.filter(pk=rows[0].user_id).update(is_active=False)
    ActionJob.objects.filter(pk=job.pk).update(requested_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(jobs.NotPossible, match="24 hours"):
        jobs.approve(job.pk, by=second)
    jobs.sweep()
    job.refresh_from_db()
    assert job.state == "expired"
    assert User.objects.filter(pk__in=[row.user_id for row in rows]).count() == 2


def test_the_last_admins_of_a_list_are_all_refused(world: World) -> None:
    admin, other = world.admin(), world.admin()
    User.objects.filter(pk=admin.pk).update(role="admin")
    rows = list(Identity.objects.filter(user__in=[admin, other]))
    plan = jobs.plan("disable-db", rows, by=admin)
    assert [d.kind.value for d in plan.decisions] == ["refused", "refused"]


@pytest.mark.django_db(transaction=True)
def test_the_journal_cannot_be_changed(world: World) -> None:
    item = world.do("disable-aws", world.person(), by=world.admin())
    assert ActionStep.objects.filter(item=item).exists()
    for change in (
        "update user_audit_actionstep set result = 'x'",
        "delete from user_audit_actionstep",
        "truncate user_audit_actionstep",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_nobody_approves_their_own_request_says_the_database(world: World) -> None:
    admin = world.admin()
    job = world.request("disable-db", world.person(aws=False), by=admin)
    with pytest.raises(DatabaseError, match="nobody_approves_their_own_request"), transaction.atomic():
        ActionJob.objects.filter(pk=job.pk).update(approved_by=admin)
