"""One person, one action: the end state in AWS (judged from outside), in the database and in the log."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.embedded.aws import Handle
from config.embedded.aws.organisation import MAIN_ACCOUNT, PARTNER_ACCOUNT
from inventory_ops.models import AuditEvent, Job, User
from tests.user_audit.aws_world import Killed, account, answering, is_closed, killed_at, open_door, without_our_marks
from tests.user_audit.platform_world import World
from user_audit import accounts
from user_audit.aws.entities import DENY_ALL
from user_audit.aws.sessions import Purpose
from user_audit.models import ActionItem, ActionStep, DeletedUser, DisableRecord, IamAccount, IamUser, Identity
from user_audit.operations import database, jobs, scans

pytestmark = pytest.mark.django_db


def outcomes(row: Identity) -> list[str]:
    events = AuditEvent.objects.filter(subject_id=row.key, data__has_key="outcome").order_by("id")
    return [event.data["outcome"] for event in events]


def test_disable_and_enable_in_aws(world: World) -> None:
    admin, row = world.admin(), world.person(everything=True)
    before = world.state(row)
    item = world.do("disable-aws", row, by=admin)
    assert item.state == "done"
    assert item.request_ids
    assert is_closed(world.state(row))
    assert world.again(row).aws_status == "disabled"
    assert world.again(row).finding == "platform_open_aws_disabled"
    assert world.do("enable-aws", row, by=admin).state == "done"
    assert world.state(row) == before
    assert world.again(row).aws_status == "active"
    assert outcomes(row) == ["done", "done"]
    journal = ActionStep.objects.filter(item=item).values_list("step", "result")
    assert [step for step, result in journal if not result] == [step for step, result in journal if result == "done"]


def test_a_record_is_kept_from_a_second_disable(world: World) -> None:
    admin, row = world.admin(), world.person()
    world.do("disable-aws", row, by=admin)
    first = DisableRecord.objects.get(iam_user=row.iam_user)
    key = world.judge.create_access_key(UserName=row.user_name)["AccessKey"]["AccessKeyId"]
    scans.recheck(IamUser.objects.get(pk=row.iam_user_id))
    assert world.again(row).aws_status == "partial"
    assert world.again(row).finding == "repair"
    assert world.do("disable-aws", row, by=admin).state == "done"
    assert DisableRecord.objects.get(iam_user=row.iam_user) == first
    world.do("enable-aws", row, by=admin)
    assert world.state(row)["keys"][key] == "Inactive"


def test_access_denied_leaves_partial_and_a_retry_repairs(world: World) -> None:
    admin, row = world.admin(), world.person()
    job = world.request("disable-aws", row, by=admin)
    with answering(world.port(), "UpdateAccessKey", "AccessDenied", status=403):
        world.run(job)
    assert job.items.get().state == "partial"
    assert "AccessDenied" in job.items.get().message
    assert DENY_ALL in world.state(row)["policies"]
    assert world.again(row).aws_status == "partial"
    jobs.retry(job.pk, by=admin)
    world.run(job)
    assert job.items.get().state == "done"
    assert is_closed(world.state(row))


def test_throttled_to_the_end_is_retried_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    admin, row = world.admin(), world.person()
    job = world.request("disable-aws", row, by=admin)
    with answering(world.port(), "AttachUserPolicy", "Throttling") as seen:
        world.run(job)
    assert len(seen) == 8
    assert job.items.get().state == "retry"
    assert open_door(world.state(row))
    jobs.retry(job.pk, by=admin)
    assert world.run(job).items.get().state == "done"


def test_a_namesake_is_refused_everywhere(world: World) -> None:
    admin, row = world.admin(), world.person()
    name = row.user_name
    for key in world.state(row)["keys"]:
        world.judge.delete_access_key(UserName=name, AccessKeyId=key)
    world.judge.delete_login_profile(UserName=name)
    world.judge.delete_user(UserName=name)
    world.judge.create_user(UserName=name)
    item = world.do("disable-aws", row, by=admin)
    assert item.state == "refused"
    assert "created again" in item.message
    assert DENY_ALL not in world.state(row)["policies"]
    assert IamUser.objects.get(pk=row.iam_user_id).gone_at is not None


def test_delete_from_aws_waits_for_the_grace_time_and_a_second_person(world: World) -> None:
    admin, second, row = world.admin(), world.admin(), world.person(everything=True)
    world.do("disable-aws", row, by=admin)
    job = world.request("delete-aws", row, by=admin)
    assert job.state == "awaiting"
    with pytest.raises(jobs.NotPossible, match="own request"):
        jobs.approve(job.pk, by=admin)
    world.run(job)
    assert world.state(row)
    jobs.approve(job.pk, by=second)
    world.run(job)
    item = job.items.get()
    assert item.state == "scheduled"
    assert world.state(row)
    DisableRecord.objects.update(taken_at=timezone.now() - timedelta(days=8))
    ActionItem.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    assert jobs.sweep() == [job]
    world.run(job)
    assert job.items.get().state == "done"
    assert world.state(row) == {}
    assert DisableRecord.objects.get().state == "deleted"
    assert not Identity.objects.filter(key=row.key).exists()


def test_disable_in_the_database_kills_sessions_for_good(world: World) -> None:
    admin, row = world.admin(), world.person(aws=False)
    user = User.objects.get(pk=row.user_id)
    client = Client()
    client.force_login(user)
    assert signed_in(client)
    assert world.do("disable-db", row, by=admin).state == "done"
    assert not signed_in(client)
    assert world.do("enable-db", row, by=admin).state == "done"
    cookie = client.cookies.get("sessionid")
    assert not signed_in(client)
    assert cookie is None or not signed_in(client)


def signed_in(client: Client) -> bool:
    from django.contrib.auth import get_user
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = client.session
    return bool(get_user(request).is_authenticated and get_user(request).is_active)


def test_delete_from_the_database_removes_or_empties(world: World) -> None:
    admin, second = world.admin(), world.admin()
    lone, referred = world.person(aws=False), world.person(aws=False)
    Job.objects.create(kind="x", title="x", created_by_id=referred.user_id)
    for row in (lone, referred):
        assert world.do("disable-db", row, by=admin).state == "done"
        assert world.do("delete-db", row, by=admin, second=second).state == "done"
    assert not User.objects.filter(pk=lone.user_id).exists()
    emptied = User.objects.get(pk=referred.user_id)
    assert emptied.email.endswith("@invalid.invalid")
    assert not emptied.has_usable_password()
    assert set(DeletedUser.objects.values_list("anonymised", flat=True)) == {True, False}
    assert referred.email not in str(list(AuditEvent.objects.filter(action="user_audit.delete_db").values()))


def test_a_tombstone_is_recognised_by_its_email(world: World) -> None:
    admin, second, row = world.admin(), world.admin(), world.person()
    world.do("disable-db", row, by=admin)
    world.do("delete-db", row, by=admin, second=second)
    left = world.again(row)
    assert left.database_status == "deleted"
    assert left.deleted_by == admin.email
    assert left.finding == "aws_open_nobody"


def test_delete_both(world: World) -> None:
    admin, second, row = world.admin(), world.admin(), world.person(everything=True)
    item = world.do("delete-both", row, by=admin, second=second, waive_grace=True)
    assert item.state == "done"
    assert world.state(row) == {}
    assert not User.objects.filter(pk=row.user_id).exists()


def test_delete_both_keeps_the_platform_account_until_aws_is_gone(world: World) -> None:
    admin, second, row = world.admin(), world.admin(), world.person()
    job = world.request("delete-both", row, by=admin, waive_grace=True)
    jobs.approve(job.pk, by=second)
    with answering(world.port(Purpose.DELETE), "DeleteLoginProfile", "AccessDenied", status=403):
        world.run(job)
    assert job.items.get().state == "failed"
    user = User.objects.get(pk=row.user_id)
    assert not user.is_active
    assert not open_door(world.state(row))
    jobs.retry(job.pk, by=admin)
    world.run(job)
    assert job.items.get().state == "done"
    assert world.state(row) == {}


def test_delete_both_goes_on_when_only_the_database_failed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, second, row = world.admin(), world.admin(), world.person()
    job = world.request("delete-both", row, by=admin, waive_grace=True)
    jobs.approve(job.pk, by=second)
    with monkeypatch.context() as broken:
        broken.setattr(database, "references", lambda user: 1 / 0)
        world.run(job)
    assert job.items.get().state == "retry"
    assert world.state(row) == {}
    assert User.objects.filter(pk=row.user_id, is_active=False).exists()
    jobs.retry(job.pk, by=admin)
    assert world.run(job).items.get().state == "done"
    assert not User.objects.filter(pk=row.user_id).exists()


# -- never ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("action", ["disable-db", "delete-both"])
def test_the_last_admin_stays(world: World, action: str) -> None:
    admin, other = world.admin(), world.admin()
    row = Identity.objects.get(user=other)
    User.objects.filter(pk=admin.pk).update(role="operations", is_superuser=False)
    with pytest.raises(database.NotAllowed):
        database.disable(user_id=other.pk, by=admin)
    User.objects.filter(pk=admin.pk).update(role="admin")
    [decision] = jobs.plan(action, [row, Identity.objects.get(user=admin)], by=admin).decisions[:1]
    assert decision.kind == "refused"


@pytest.mark.django_db(transaction=True)
def test_two_admins_disable_each_other_at_once(world: World) -> None:
    one, two = world.admin(), world.admin()
    ended: list[Any] = []
    ready = threading.Barrier(2)

    def disable(user: User, by: User) -> None:
        ready.wait()
        try:
            ended.append(database.disable(user_id=user.pk, by=by))
        except (database.LastAdmin, database.NotAllowed) as error:
            ended.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=disable, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.filter(role="admin", is_active=True).count() == 1
    assert sorted(map(str, ended)) in (["LastAdmin", "True"], ["NotAllowed", "True"])


def test_oneself_is_refused_by_account_link_and_spelling(world: World) -> None:
    admin, _ = world.admin(), world.admin()
    own = Identity.objects.get(user=admin)
    name = f"me-{admin.pk}"
    world.judge.create_user(UserName=name, Tags=[{"Key": "email", "Value": admin.email.upper()}])
    linked = world.adopt(name)
    assert linked.user_id == admin.pk
    for row in (own, linked):
        for action in ("disable-aws", "disable-db", "delete-both", "delete-aws", "delete-db"):
            [decision] = jobs.plan(action, [row], by=admin).decisions
            assert decision.kind == "refused", action
            with pytest.raises(jobs.NotPossible):
                world.request(action, row, by=admin)


def test_protected_users_are_refused(world: World) -> None:
    admin, _ = world.admin(), world.admin()
    names = {"path": f"svc-{admin.pk}", "tag": f"glass-{admin.pk}"}
    world.judge.create_user(UserName=names["path"], Path="/service/")
    world.judge.create_user(UserName=names["tag"], Tags=[{"Key": "Break-Glass", "Value": "TRUE"}])
    rows = [world.adopt(name) for name in names.values()]
    rows.append(world.adopt("svc-inventory-ops"))
    for row in rows:
        assert "protected" in row.flags
        [decision] = jobs.plan("disable-aws", [row], by=admin).decisions
        assert decision.kind == "refused"
        assert "Protected" in decision.why
    mixed = [*rows, world.person()]
    job = world.request("disable-aws", *mixed, by=admin)
    assert job.items.count() == 1


def test_protection_given_after_the_request_still_holds(world: World) -> None:
    admin, row = world.admin(), world.person()
    job = world.request("disable-aws", row, by=admin)
    IamUser.objects.filter(pk=row.iam_user_id).update(protected_because="Tagged break-glass")
    world.run(job)
    assert job.items.get().state == "refused"
    assert open_door(world.state(row))


def test_somebody_who_is_no_admin_any_more_does_nothing(world: World) -> None:
    admin, row = world.admin(), world.person()
    world.admin()
    job = world.request("disable-aws", row, by=admin)
    User.objects.filter(pk=admin.pk).update(is_active=False)
    world.run(job)
    assert job.items.get().state == "refused"
    assert open_door(world.state(row))


def test_the_command_protects_and_lifts(world: World) -> None:
    from django.core.management import CommandError, call_command

    admin, row = world.admin(), world.person()
    call_command("user_audit", "protect", row.email.upper(), "--reason", "Holds the root account")
    with pytest.raises(jobs.NotPossible):
        world.request("disable-aws", row, by=admin)
    assert "protected" in world.again(row).flags
    call_command("user_audit", "unprotect", row.email)
    assert world.do("disable-aws", row, by=admin).state == "done"
    with pytest.raises(CommandError):
        call_command("user_audit", "unprotect", row.email)


def test_delete_both_waits_until_every_account_is_rid_of_the_user(
    world: World, monkeypatch: pytest.MonkeyPatch, endpoint: Handle
) -> None:
    both = [account(endpoint, MAIN_ACCOUNT), account(endpoint, PARTNER_ACCOUNT)]
    monkeypatch.setattr(accounts, "configured", lambda: both)
    admin, second, row = world.admin(), world.admin(), world.person()
    partner = accounts.open_iam(PARTNER_ACCOUNT, Purpose.DISABLE)
    made = partner.call("create_user", UserName=row.user_name)["User"]
    IamAccount.objects.create(account_id=PARTNER_ACCOUNT)
    now = timezone.now()
    other = IamUser.objects.create(
        account_id=PARTNER_ACCOUNT,
        iam_id=made["UserId"],
        user_name=row.user_name,
        arn=made["Arn"],
        created_at=now,
        read_at=now,
        changed_at=now,
    )
    scans.recheck(other)
    assert Identity.objects.filter(user_id=row.user_id).count() == 2
    job = world.request("delete-both", row, by=admin, waive_grace=True)
    jobs.approve(job.pk, by=second)
    with answering(accounts.open_iam(PARTNER_ACCOUNT, Purpose.DELETE), "DeleteUser", "AccessDenied", status=403):
        world.run(job)
    assert job.items.get().state == "failed"
    assert world.state(row) == {}
    assert User.objects.filter(pk=row.user_id, is_active=False).exists()
    jobs.retry(job.pk, by=admin)
    assert world.run(job).items.get().state == "done"
    assert not User.objects.filter(pk=row.user_id).exists()
    other.refresh_from_db()
    assert other.gone_at is not None


def test_a_sign_in_after_the_disable_is_found(world: World) -> None:
    admin, row = world.admin(), world.person()
    world.do("disable-aws", row, by=admin)
    IamUser.objects.filter(pk=row.iam_user_id).update(password_last_used_at=timezone.now() + timedelta(seconds=5))
    assert "sign_in_after_disable" in world.again(row).flags
    assert world.again(row).severity == 4


# -- the worker dies -----------------------------------------------------------------------------------------------
def test_killed_after_every_call_a_second_worker_ends_it_right(world: World) -> None:
    admin, row = world.admin(), world.person()
    before = world.state(row)
    for number in range(1, 60):
        died = []
        for action in ("disable-aws", "enable-aws"):
            job = world.request(action, world.again(row), by=admin)
            try:
                with killed_at(world.port(), number, after=number % 2 == 0):
                    world.run(job)
            except Killed:
                died.append(action)
                found = world.state(row)
                assert action == "disable-aws" or DENY_ALL in found["policies"] or without_our_marks(found) == before
                world.run(job)
                assert job.items.get().state == "running", "the lease holds"
                ActionItem.objects.filter(job=job).update(lease_until=timezone.now() - timedelta(seconds=1))
                assert job in jobs.sweep()
                world.run(job)
            item = job.items.get()
            assert item.state in ("done", "noop"), item.message
            job.refresh_from_db()
            assert job.state == "done"
            assert is_closed(world.state(row)) if action == "disable-aws" else world.state(row) == before
        if not died:
            break
    assert number >= 3


@pytest.mark.django_db(transaction=True)
def test_a_job_delivered_twice_at_once_works_once(world: World) -> None:
    admin = world.admin()
    rows = [world.person() for _ in range(4)]
    job = world.request("disable-aws", *rows, by=admin)
    threads = [threading.Thread(target=jobs.work, args=(job.pk,), kwargs={"threads": 2}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job.refresh_from_db()
    assert job.state == "done"
    assert list(job.items.values_list("state", "attempts")) == [("done", 1)] * 4
    steps = ActionStep.objects.filter(item__job=job, step="attach policy", result="done")
    assert steps.count() == 4


@pytest.mark.django_db(transaction=True)
def test_enable_and_disable_of_one_user_at_once_do_not_mix(world: World) -> None:
    admin, row = world.admin(), world.person()
    before = world.state(row)
    world.do("disable-aws", row, by=admin)
    DisableRecord.objects.get(iam_user=row.iam_user)
    enable, disable = world.request("enable-aws", row, by=admin), None
    IamUser.objects.filter(pk=row.iam_user_id).update(active_key_count=1)  # shown as partly disabled: to be repaired
    disable = world.request("disable-aws", row, by=admin)
    threads = [threading.Thread(target=jobs.work, args=(j.pk,), kwargs={"threads": 2}) for j in (enable, disable)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = world.state(row)
    assert is_closed(found) or found == before
