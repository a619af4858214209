"""Disable, enable and delete against the local endpoint, judged from outside with plain boto3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from config.embedded.aws import Handle
from tests.user_audit.aws_world import (
    BILLING,
    Killed,
    MemoryArchive,
    MemoryRecords,
    answering,
    hand,
    is_closed,
    killed_at,
    make_user,
    open_door,
    state,
    without_our_marks,
)
from user_audit.aws.delete import delete
from user_audit.aws.disable import disable
from user_audit.aws.enable import enable
from user_audit.aws.entities import DENY_ALL, TAG_ID, Subject
from user_audit.aws.errors import AwsError, IdentityChanged, NoSuchEntity
from user_audit.aws.iam import Iam
from user_audit.aws.steps import MemoryJournal, Refused

NOW = datetime.now(UTC)


def test_disable_closes_everything_and_enable_gives_back_the_same(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge, everything=True), MemoryRecords()
    off = next(iter(state(iam_judge, subject.user_name)["keys"]))
    iam_judge.update_access_key(UserName=subject.user_name, AccessKeyId=off, Status="Inactive")
    before = state(iam_judge, subject.user_name)

    outcome = disable(hand(iam, subject), records)

    closed = state(iam_judge, subject.user_name)
    assert outcome.changed
    assert not outcome.partial
    assert is_closed(closed)
    assert records.record is not None
    assert closed["tags"][TAG_ID] == records.record.id
    assert closed["password"] and closed["mfa"] == before["mfa"] and closed["groups"] == before["groups"]
    enable(hand(iam, subject), records, now=NOW)
    assert state(iam_judge, subject.user_name) == before
    assert records.record is None


def test_a_denied_key_does_not_work_and_an_enabled_one_does(iam: Iam, iam_judge: Any, endpoint: Handle) -> None:
    subject, records = make_user(iam_judge, keys=0), MemoryRecords()
    key = iam_judge.create_access_key(UserName=subject.user_name)["AccessKey"]
    own = boto3.client(
        "iam",
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    own.list_users(MaxItems=1)
    disable(hand(iam, subject), records)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        own.list_users(MaxItems=1)
    iam_judge.update_access_key(UserName=subject.user_name, AccessKeyId=key["AccessKeyId"], Status="Active")
    with pytest.raises(ClientError, match="AccessDenied"):
        own.list_users(MaxItems=1)
    enable(hand(iam, subject), records, now=NOW)
    own.list_users(MaxItems=1)


def test_disable_twice_keeps_the_first_record(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    disable(hand(iam, subject), records)
    first = records.record
    again = disable(hand(iam, subject), records)
    assert not again.changed
    assert records.record is first
    assert first is not None and len(first.active) == 1


def test_enable_leaves_what_is_newer_old_or_gone(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge, keys=1), MemoryRecords()
    disable(hand(iam, subject), records)
    [old] = state(iam_judge, subject.user_name)["keys"]
    newer = iam_judge.create_access_key(UserName=subject.user_name)["AccessKey"]["AccessKeyId"]
    iam_judge.update_access_key(UserName=subject.user_name, AccessKeyId=newer, Status="Inactive")
    iam_judge.delete_access_key(UserName=subject.user_name, AccessKeyId=old)
    outcome = enable(hand(iam, subject), records, now=NOW)
    assert state(iam_judge, subject.user_name)["keys"] == {newer: "Inactive"}
    assert any("gone since" in note for note in outcome.notes)
    assert any("made after the disable" in note for note in outcome.notes)


def test_enable_can_leave_old_keys_off(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    disable(hand(iam, subject), records)
    enable(hand(iam, subject), records, now=NOW + timedelta(days=100), max_key_age=timedelta(days=90))
    assert list(state(iam_judge, subject.user_name)["keys"].values()) == ["Inactive"]


def test_enable_without_a_record_is_refused(iam: Iam, iam_judge: Any) -> None:
    subject = make_user(iam_judge)
    iam_judge.attach_user_policy(UserName=subject.user_name, PolicyArn=DENY_ALL)
    with pytest.raises(Refused):
        enable(hand(iam, subject), MemoryRecords(), now=NOW)
    assert DENY_ALL in state(iam_judge, subject.user_name)["policies"]


def test_a_deny_that_was_there_before_stays(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    iam_judge.attach_user_policy(UserName=subject.user_name, PolicyArn=DENY_ALL)
    before = state(iam_judge, subject.user_name)
    disable(hand(iam, subject), records)
    outcome = enable(hand(iam, subject), records, now=NOW)
    assert state(iam_judge, subject.user_name) == before
    assert any("left attached" in note for note in outcome.notes)


def test_a_key_made_after_the_disable_is_repaired_and_stays_off(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    disable(hand(iam, subject), records)
    newer = iam_judge.create_access_key(UserName=subject.user_name)["AccessKey"]["AccessKeyId"]
    disable(hand(iam, subject), records)
    assert is_closed(state(iam_judge, subject.user_name))
    enable(hand(iam, subject), records, now=NOW)
    assert state(iam_judge, subject.user_name)["keys"][newer] == "Inactive"


def test_a_deny_detached_by_hand_is_put_back_before_anything_comes_alive(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    before = state(iam_judge, subject.user_name)
    disable(hand(iam, subject), records)
    iam_judge.detach_user_policy(UserName=subject.user_name, PolicyArn=DENY_ALL)
    journal = MemoryJournal()
    enable(hand(iam, subject, journal), records, now=NOW)
    assert journal.lines[0][:2] == ("attach policy", "AWSDenyAll")
    assert state(iam_judge, subject.user_name) == before


def test_delete_removes_a_user_with_everything(iam: Iam, iam_judge: Any) -> None:
    subject, records, archive = make_user(iam_judge, everything=True), MemoryRecords(), MemoryArchive()
    devices = [d for d in state(iam_judge, subject.user_name)["mfa"] if ":mfa/" in d]
    disable(hand(iam, subject), records)
    delete(hand(iam, subject), records, archive)
    assert state(iam_judge, subject.user_name) == {}
    left = [d["SerialNumber"] for d in iam_judge.list_virtual_mfa_devices()["VirtualMFADevices"]]
    assert not set(devices) & set(left)
    assert archive.kept[subject.user_id]["groups"] == ["one", "two"]
    again = delete(hand(iam, subject), records, archive)
    assert not again.changed


def test_delete_of_a_user_we_did_not_disable_is_refused(iam: Iam, iam_judge: Any) -> None:
    subject = make_user(iam_judge)
    with pytest.raises(Refused):
        delete(hand(iam, subject), MemoryRecords(), MemoryArchive())
    assert open_door(state(iam_judge, subject.user_name))


def test_a_namesake_is_never_touched(iam: Iam, iam_judge: Any) -> None:
    subject, records, archive = make_user(iam_judge, keys=0), MemoryRecords(), MemoryArchive()
    disable(hand(iam, subject), records)
    name = subject.user_name
    iam_judge.delete_login_profile(UserName=name)
    iam_judge.detach_user_policy(UserName=name, PolicyArn=DENY_ALL)
    iam_judge.delete_user(UserName=name)
    make_user(iam_judge, name)
    before = state(iam_judge, name)
    for act in (
        lambda: disable(hand(iam, subject), records),
        lambda: enable(hand(iam, subject), records, now=NOW),
        lambda: delete(hand(iam, subject), records, archive),
    ):
        with pytest.raises(IdentityChanged):
            act()
    assert state(iam_judge, name) == before


def test_a_user_gone_in_between_is_said_to_be_gone(iam: Iam, iam_judge: Any) -> None:
    subject = make_user(iam_judge, keys=0)
    iam_judge.delete_login_profile(UserName=subject.user_name)
    iam_judge.delete_user(UserName=subject.user_name)
    with pytest.raises(NoSuchEntity):
        disable(hand(iam, subject), MemoryRecords())


# -- AWS refuses ---------------------------------------------------------------------------------------------------
def test_refused_deny_changes_nothing(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    before = state(iam_judge, subject.user_name)
    with answering(iam, "AttachUserPolicy", "AccessDenied", status=403), pytest.raises(AwsError, match="AccessDenied"):
        disable(hand(iam, subject), records)
    assert state(iam_judge, subject.user_name) == before
    assert records.record is None


def test_refused_key_leaves_the_deny_and_says_partial(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge, everything=True), MemoryRecords()
    with answering(iam, "UpdateAccessKey", "AccessDenied", status=403):
        outcome = disable(hand(iam, subject), records)
    found = state(iam_judge, subject.user_name)
    assert outcome.partial
    assert DENY_ALL in found["policies"]
    assert set(found["ssh"].values()) == {"Inactive"}
    repaired = disable(hand(iam, subject), records)
    assert not repaired.partial
    assert is_closed(state(iam_judge, subject.user_name))


def test_full_quota_of_policies_still_switches_the_keys_off(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    for number in range(10):
        policy = iam_judge.create_policy(PolicyName=f"{subject.user_id}-{number}", PolicyDocument=document)
        iam_judge.attach_user_policy(UserName=subject.user_name, PolicyArn=policy["Policy"]["Arn"])
    outcome = disable(hand(iam, subject), records)
    assert outcome.partial
    assert "Detach a policy" in outcome.notes[0]
    assert set(state(iam_judge, subject.user_name)["keys"].values()) == {"Inactive"}


def test_refused_reactivation_switches_off_again_what_was_on(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge, everything=True), MemoryRecords()
    disable(hand(iam, subject), records)
    with answering(iam, "UpdateSSHPublicKey", "AccessDenied", status=403), pytest.raises(AwsError):
        enable(hand(iam, subject), records, now=NOW)
    assert is_closed(state(iam_judge, subject.user_name))


def test_throttling_is_waited_out(iam: Iam, iam_judge: Any) -> None:
    subject, records, journal = make_user(iam_judge), MemoryRecords(), MemoryJournal()
    with answering(iam, "AttachUserPolicy", "Throttling", times=2) as seen:
        disable(hand(iam, subject, journal), records)
    assert len(seen) == 2
    assert is_closed(state(iam_judge, subject.user_name))
    assert [line for line in journal.lines if line[0] == "attach policy"] == [
        ("attach policy", "AWSDenyAll", ""),
        ("attach policy", "AWSDenyAll", "done"),
    ]


@pytest.mark.parametrize("operation", ["AttachUserPolicy", "TagUser", "UpdateAccessKey"])
def test_an_answer_lost_after_aws_applied_it_is_no_error_the_second_time(
    iam: Iam, iam_judge: Any, operation: str
) -> None:
    subject, records = make_user(iam_judge), MemoryRecords()
    with answering(iam, operation, "ServiceFailure", status=500, times=1, applied=True):
        disable(hand(iam, subject), records)
    assert is_closed(state(iam_judge, subject.user_name))


def test_busy_entities_are_tried_again(iam: Iam, iam_judge: Any) -> None:
    subject, records, archive = make_user(iam_judge), MemoryRecords(), MemoryArchive()
    with answering(iam, "TagUser", "ConcurrentModification", status=409, times=2) as tags:
        disable(hand(iam, subject), records)
    with answering(iam, "DeleteLoginProfile", "EntityTemporarilyUnmodifiable", status=409, times=3) as passwords:
        delete(hand(iam, subject), records, archive)
    assert (len(tags), len(passwords)) == (2, 3)
    assert state(iam_judge, subject.user_name) == {}


def test_a_key_made_while_deleting_is_found_and_never_works(iam: Iam, iam_judge: Any, endpoint: Handle) -> None:
    subject, records, archive = make_user(iam_judge, keys=1), MemoryRecords(), MemoryArchive()
    disable(hand(iam, subject), records)
    made: list[str] = []

    def make_key(**_: Any) -> None:
        if not made:
            made.append(iam_judge.create_access_key(UserName=subject.user_name)["AccessKey"]["AccessKeyId"])

    iam.client.meta.events.register("before-send.iam.DeleteUser", make_key)
    journal = MemoryJournal()
    delete(hand(iam, subject, journal), records, archive)
    assert made
    assert state(iam_judge, subject.user_name) == {}
    steps = [line[0] for line in journal.lines if line[2] == "done"]
    assert steps[-4:] == ["attach policy", "delete", "detach policy", "delete user"]


# -- the worker dies -----------------------------------------------------------------------------------------------
def test_killed_after_every_single_write_of_disable_and_enable(iam: Iam, iam_judge: Any) -> None:
    """Each write of both is once the last call of a worker; a read would leave AWS as the write before it did."""
    subject, records = make_user(iam_judge, everything=True), MemoryRecords()
    before = state(iam_judge, subject.user_name)
    kills = {"disable": 0, "enable": 0}
    for number in range(1, 100):
        died = dies(lambda: disable(hand(iam, subject), records), iam, number)
        if died:
            kills["disable"] += 1
            disable(hand(iam, subject), records)
        assert is_closed(state(iam_judge, subject.user_name))
        died_again = dies(lambda: enable(hand(iam, subject), records, now=NOW), iam, number)
        if died_again:
            kills["enable"] += 1
            found = state(iam_judge, subject.user_name)
            assert DENY_ALL in found["policies"] or without_our_marks(found) == before
            if records.record is not None:
                enable(hand(iam, subject), records, now=NOW)
        assert state(iam_judge, subject.user_name) == before
        if not died and not died_again:
            break
    assert records.opened == number
    assert min(kills.values()) >= 7


def test_killed_after_every_single_write_of_delete(iam: Iam, iam_judge: Any) -> None:
    for number in range(1, 100):
        subject, archive = make_user(iam_judge, everything=True), MemoryArchive()
        records = closed_by_us(iam, iam_judge, subject)
        if not dies(lambda: delete(hand(iam, subject), records, archive), iam, number):  # noqa: B023
            break
        assert not open_door(state(iam_judge, subject.user_name))
        delete(hand(iam, subject), records, archive)
        assert state(iam_judge, subject.user_name) == {}
        assert_no_device(iam_judge, subject.user_name)
    assert number > 17


def closed_by_us(iam: Iam, iam_judge: Any, subject: Subject) -> MemoryRecords:
    """As after a disable, in one call; the keys stay active, which makes the deny matter more."""
    records = MemoryRecords()
    iam_judge.attach_user_policy(UserName=subject.user_name, PolicyArn=DENY_ALL)
    records.open(iam.read(subject))
    return records


def assert_no_device(iam_judge: Any, name: str) -> None:
    devices = iam_judge.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert not [device for device in devices if name in device["SerialNumber"]]


def dies(act: Any, iam: Iam, number: int) -> bool:
    try:
        with killed_at(iam, number, after=True):
            act()
    except Killed:
        return True
    return False


def test_full_access_is_not_needed_to_keep_other_policies(iam: Iam, iam_judge: Any) -> None:
    subject, records = make_user(iam_judge, everything=True), MemoryRecords()
    disable(hand(iam, subject), records)
    assert BILLING in state(iam_judge, subject.user_name)["policies"]
