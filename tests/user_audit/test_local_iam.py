"""The local endpoint refuses what AWS refuses: else the other tests prove nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from config.embedded import aws
from config.embedded.aws.organisation import people
from tests.user_audit.aws_world import BILLING, judge, make_user, state


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_delete_user_conflicts_until_nothing_is_held(iam_judge: Any) -> None:
    name = make_user(iam_judge, everything=True).user_name
    found = state(iam_judge, name)
    removals: list[tuple[str, Any]] = [
        ("login profile", lambda: iam_judge.delete_login_profile(UserName=name)),
        *[
            ("access keys", lambda k=k: iam_judge.delete_access_key(UserName=name, AccessKeyId=k))
            for k in found["keys"]
        ],
        *[("MFA", lambda s=s: iam_judge.deactivate_mfa_device(UserName=name, SerialNumber=s)) for s in found["mfa"]],
        *[
            ("certificates", lambda c=c: iam_judge.delete_signing_certificate(UserName=name, CertificateId=c))
            for c in found["certificates"]
        ],
        *[("SSH", lambda k=k: iam_judge.delete_ssh_public_key(UserName=name, SSHPublicKeyId=k)) for k in found["ssh"]],
        *[
            (
                "service specific",
                lambda c=c: iam_judge.delete_service_specific_credential(UserName=name, ServiceSpecificCredentialId=c),
            )
            for c in found["service"]
        ],
        ("delete policies", lambda: iam_judge.delete_user_policy(UserName=name, PolicyName="own")),
        *[("detach", lambda p=p: iam_judge.detach_user_policy(UserName=name, PolicyArn=p)) for p in found["policies"]],
        *[("group", lambda g=g: iam_judge.remove_user_from_group(UserName=name, GroupName=g)) for g in found["groups"]],
    ]
    for held, remove in removals:
        with pytest.raises(ClientError, match=held) as refused:
            iam_judge.delete_user(UserName=name)
        assert code(refused) == "DeleteConflict"
        remove()
    iam_judge.delete_user(UserName=name)


@pytest.mark.parametrize("name", ["a/b", "a b", "x" * 65, "o'brien@example.com"])
def test_names_aws_refuses(iam_judge: Any, name: str) -> None:
    with pytest.raises(ClientError) as refused:
        unchecked(iam_judge).create_user(UserName=name)
    assert code(refused) == "ValidationError"


def unchecked(iam_judge: Any) -> Any:
    """boto3 checks the length by itself; the endpoint must do so too."""
    return boto3.client(
        "iam",
        endpoint_url=iam_judge.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(parameter_validation=False),
    )


def test_names_are_unique_ignoring_case(iam_judge: Any) -> None:
    name = make_user(iam_judge, keys=0).user_name
    with pytest.raises(ClientError) as refused:
        iam_judge.create_user(UserName=name.upper())
    assert code(refused) == "EntityAlreadyExists"


def test_quotas_and_statuses(iam_judge: Any) -> None:
    name = make_user(iam_judge, keys=2).user_name
    [key, _] = state(iam_judge, name)["keys"]
    for call in (
        lambda: iam_judge.create_access_key(UserName=name),
        lambda: iam_judge.tag_user(UserName=name, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(51)]),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert code(refused) == "LimitExceeded"
    with pytest.raises(ClientError) as refused:
        iam_judge.update_access_key(UserName=name, AccessKeyId=key, Status="Sleeping")
    assert code(refused) == "ValidationError"
    with pytest.raises(ClientError):
        iam_judge.delete_user_permissions_boundary(UserName=name)
    iam_judge.put_user_permissions_boundary(UserName=name, PermissionsBoundary=BILLING)
    assert state(iam_judge, name)["boundary"] == BILLING


def test_a_renamed_user_keeps_tags_and_keys(iam_judge: Any) -> None:
    name = make_user(iam_judge).user_name
    iam_judge.tag_user(UserName=name, Tags=[{"Key": "email", "Value": "a@example.com"}])
    iam_judge.update_user(UserName=name, NewUserName=f"new-{name}")
    found = state(iam_judge, f"new-{name}")
    assert found["tags"] == {"email": "a@example.com"}
    assert len(found["keys"]) == 1


def test_the_organisation_survives_a_restart(tmp_path: Path) -> None:
    wanted = {(i.account_id, i.user_name) for person in people() for i in person.iam}
    first = aws.start(tmp_path)
    try:
        assert aws.start(tmp_path).pid == first.pid
        client = judge(first)
        users = [u for page in client.get_paginator("list_users").paginate() for u in page["Users"]]
        in_main = {user for account, user in wanted if account == "123456789012"}
        assert {u["UserName"] for u in users} == in_main | {"svc-inventory-ops"}
        name = users[0]["UserName"]
        client.tag_user(UserName=name, Tags=[{"Key": "kept", "Value": "yes"}])
        before = state(client, name)
    finally:
        first.stop()
    assert aws.find(tmp_path) is None
    second = aws.start(tmp_path)
    try:
        assert state(judge(second), name) == before
        assert second.access_key_id == first.access_key_id
    finally:
        second.stop()


def test_reset_brings_the_seed_back(tmp_path: Path) -> None:
    handle = aws.start(tmp_path)
    try:
        client = judge(handle)
        name = client.list_users()["Users"][0]["UserName"]
        before = state(client, name)
        made = make_user(client).user_name
        client.attach_user_policy(UserName=name, PolicyArn=BILLING)
        aws.reset(handle)
        assert state(client, made) == {}
        again = state(client, name)
        assert again["policies"] == before["policies"]
        assert {k: len(again[k]) for k in ("keys", "mfa", "groups")} == {
            k: len(before[k]) for k in ("keys", "mfa", "groups")
        }
        judge(handle, "sts").get_caller_identity()
    finally:
        handle.stop()
