"""The bulk reads and the credential report."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from config.embedded import aws
from config.embedded.aws import Handle
from tests.user_audit.aws_world import account, answering, make_user, new_iam
from user_audit.aws import scan
from user_audit.aws.credential_report import parse
from user_audit.aws.errors import AwsError, ReportMalformed, ReportNotReady, WrongAccount
from user_audit.aws.iam import Iam, connect
from user_audit.aws.scan import denies_everything, read_account
from user_audit.aws.sessions import Purpose, TokenBucket

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,"
    "access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,something_new"
)
ARN = "arn:aws:iam::1:user/"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    """One of our own: each user newer than the frozen report costs ten calls."""
    handle = aws.start(tmp_path_factory.mktemp("aws-scan"), organisation=False)
    yield handle
    handle.stop()


def line(user: str, arn: str, *, console: str = "true", used: str = "N/A", key: str = "false,N/A,N/A") -> str:
    return f"{user},{arn},2024-01-01T00:00:00+00:00,{console},{used},false,{key},false,N/A,N/A,x"


def test_report_by_its_header() -> None:
    used = "2026-01-02T03:04:05+00:00"
    text = "\n".join(
        [
            HEADER,
            line("<root_account>", "arn:aws:iam::1:root"),
            line("ana", f"{ARN}ana", used=used, key=f"true,2025-01-01T00:00:00+00:00,{used}"),
            line("ben", f"{ARN}ben", console="false", used="no_information"),
            line("cy", f"{ARN}cy", console="not_supported", used="not_supported"),
        ]
    )
    rows = parse(text, [f"{ARN}ana", f"{ARN}ben", f"{ARN}cy"])
    assert set(rows) == {f"{ARN}ana", f"{ARN}ben", f"{ARN}cy"}
    assert rows[f"{ARN}ana"].password_last_used_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [key.active for key in rows[f"{ARN}ana"].keys] == [True]
    assert not rows[f"{ARN}ben"].has_password
    assert rows[f"{ARN}cy"].password_last_used_at is None


@pytest.mark.parametrize("name", ["costa,ana", "a,b,c", ",", "plain"])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_comma_in_a_name_shifts_nothing(name: str, quoted: bool) -> None:
    arn = f"{ARN}{name}"
    fields = (f'"{name}"', f'"{arn}"') if quoted else (name, arn)
    rows = parse("\n".join([HEADER, line(*fields)]), [arn, f"{ARN}other"])
    assert rows[arn].has_password
    assert rows[arn].keys == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("user,arn\n", "lacks the columns"),
        (f"{HEADER}\n{line('who,is', 'arn:aws:iam::1:user/who')}", "line 2"),
        (f"{HEADER}\n{line('ana', ARN + 'ana', used='yesterday')}", "line 2"),
        (f"{HEADER}\nana,short", "line 2"),
    ],
)
def test_a_line_that_needs_guessing_is_refused(text: str, says: str) -> None:
    with pytest.raises(ReportMalformed, match=says):
        parse(text, [f"{ARN}ana"])


def test_policies_that_deny_everything() -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert denies_everything({"Statement": [deny]})
    assert denies_everything({"Statement": deny})
    assert not denies_everything({"Statement": [deny | {"Condition": {"Bool": {"x": "y"}}}]})
    assert not denies_everything({"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})


def test_every_page_is_read(endpoint: Handle, iam_judge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = make_user(iam_judge, everything=True)
    comma = make_user(iam_judge, f"costa,{everything.user_id}")
    monkeypatch.setattr(scan, "PAGE", 5)
    reading = read_account(new_iam(endpoint, Purpose.READ), sleep=lambda _: None)
    by_name = {user.user_name: user for user in reading.users}
    names = {u["UserName"] for page in iam_judge.get_paginator("list_users").paginate() for u in page["Users"]}
    assert set(by_name) == names
    found = by_name[everything.user_name]
    assert found.virtual_mfa
    assert found.groups == ("one", "two")
    assert found.boundary
    assert found.credentials is not None
    assert found.credentials.has_password
    assert len(found.credentials.keys) == 2
    assert by_name[comma.user_name].credentials is not None
    assert any("svc-inventory-ops" in arn for arn in reading.own_arns)


def test_a_user_newer_than_the_report_is_read_live(endpoint: Handle, iam_judge: Any) -> None:
    reader = new_iam(endpoint, Purpose.READ)
    read_account(reader, sleep=lambda _: None)
    subject = make_user(iam_judge, keys=2)  # the report is frozen for four hours
    reading = read_account(reader, sleep=lambda _: None)
    [user] = [user for user in reading.users if user.user_id == subject.user_id]
    assert user.credentials is not None
    assert len(user.credentials.keys) == 2
    assert user.credentials.has_password


def test_a_lost_page_is_no_reading(endpoint: Handle) -> None:
    reader = new_iam(endpoint, Purpose.READ)
    with (
        answering(reader, "GetAccountAuthorizationDetails", "AccessDenied", status=403),
        pytest.raises(AwsError, match="AccessDenied"),
    ):
        read_account(reader)


def test_a_report_that_never_comes(endpoint: Handle) -> None:
    reader = new_iam(endpoint, Purpose.READ)
    with answering(reader, "GetCredentialReport", "ReportInProgress", status=404), pytest.raises(ReportNotReady):
        read_account(reader, sleep=lambda _: None)


def test_a_report_that_expires_between_two_calls(endpoint: Handle) -> None:
    reader = new_iam(endpoint, Purpose.READ)
    with answering(reader, "GetCredentialReport", "ReportExpired", status=410, times=1):
        assert read_account(reader, sleep=lambda _: None).users


def test_the_wrong_account_is_refused(endpoint: Handle) -> None:
    from dataclasses import replace

    stray = replace(account(endpoint), account_id="999999999999")
    with pytest.raises(WrongAccount, match="999999999999"):
        connect(stray, Purpose.READ)


def test_another_account_through_its_role(endpoint: Handle, iam_judge: Any) -> None:
    partner = connect(account(endpoint, "222222222222"), Purpose.READ)
    assert read_account(partner, sleep=lambda _: None).account_id == "222222222222"


def test_the_bucket_paces_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    moment = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    monkeypatch.setattr("time.sleep", waits.append)
    bucket = TokenBucket(8)
    for _ in range(10):
        bucket.take()
    assert waits == pytest.approx([1 / 8, 2 / 8])


def test_the_shared_bucket_paces_all_processes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from user_audit.throttle import SharedBucket

    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    account_id = f"test-{uuid.uuid4().hex}"
    buckets = [SharedBucket(Redis.from_url(settings.REDIS_URL), account_id=account_id, rate=8) for _ in range(2)]
    for number in range(24):
        buckets[number % 2].take()
    assert len(waits) >= 8, "a burst of eight, then all wait for one bucket"
    assert waits == sorted(waits)
    alone = SharedBucket(Redis(unix_socket_path="/nowhere", retry=Retry(NoBackoff(), 0)), account_id=account_id, rate=8)
    alone.take()


def test_a_clock_that_is_off_is_named(iam: Iam) -> None:
    with (
        answering(iam, "GetUser", "SignatureDoesNotMatch", status=403) as seen,
        pytest.raises(AwsError, match="clock"),
    ):
        iam.basics("anybody")
    assert len(seen) == 1
