"""Puts the demo organisation straight into moto's backend (0.1 s; over HTTP it takes minutes)."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.iam.models import (
    AccessKey,
    AccessKeyLastUsed,
    Group,
    IAMBackend,
    MFADevice,
    SigningCertificate,
    SshPublicKey,
    User,
    VirtualMfaDevice,
)
from moto.moto_api._internal import mock_random

from .organisation import (
    GROUPS,
    MAIN_ACCOUNT,
    PARTNER_ACCOUNT,
    READ_ONLY,
    SEED,
    Iam,
    Key,
    people,
)
from .state import backend
from .strict import ServiceCredential, credentials_of

OWN_USER = "svc-inventory-ops"
ROLES = ("opsdash-reader", "opsdash-disabler", "opsdash-deleter")
INLINE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::own/*"}],
}
REGION = "us-east-1"


def identity() -> None:
    """The application's own user, and the three roles it assumes in each account."""
    mock_random.seed(SEED)
    now = datetime.now(UTC)
    for account_id, alias in (
        (MAIN_ACCOUNT, "example-main"),
        (PARTNER_ACCOUNT, "example-partner"),
    ):
        account = backend(account_id)
        account.account_aliases = [alias]
        for role in ROLES:
            trust = {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"AWS": f"arn:aws:iam::{MAIN_ACCOUNT}:root"},
                    }
                ],
            }
            account.create_role(
                role,
                json.dumps(trust),
                "/",
                permissions_boundary="",
                description="",
                tags=[],
                max_session_duration="3600",
            )
    own = Iam(OWN_USER, path="/service/", keys=(Key(age_days=30, used_days=0),), age_days=30)
    _add(backend(MAIN_ACCOUNT), own, now)


def organisation() -> None:
    """About 300 IAM users in two accounts."""
    now = datetime.now(UTC)
    for account_id in (MAIN_ACCOUNT, PARTNER_ACCOUNT):
        account = backend(account_id)
        for name, policies in GROUPS.items():
            group = Group(account_id, REGION, name)
            account.groups[name] = group
            for arn in policies:
                account.managed_policies[arn].attach_to(group)
    for person in people():
        for iam in person.iam:
            _add(backend(iam.account_id), iam, now)


def crowd(count: int) -> None:
    """`count` ordinary users in each account: a password with MFA, every other one with a key."""
    now = datetime.now(UTC)
    for account_id in (MAIN_ACCOUNT, PARTNER_ACCOUNT):
        for number in range(count):
            keys = (Key(age_days=number % 80, used_days=number % 40),) if number % 2 else ()
            name = f"user{number}-{account_id[:2]}@example.org"
            _add(backend(account_id), Iam(name, password=True, password_used_days=3, mfa=True, keys=keys), now)


def own_key() -> AccessKey:
    """The key that the application signs its calls with."""
    key: AccessKey = backend(MAIN_ACCOUNT).users[OWN_USER].access_keys[0]
    return key


def _add(account: IAMBackend, iam: Iam, now: datetime) -> None:
    user = account.create_user(REGION, iam.user_name, iam.path)
    user.id = "AIDA" + _stable(account.account_id, iam.user_name, 17)
    user.create_date = now - timedelta(days=iam.age_days)
    if iam.tags:
        tags = [{"Key": key, "Value": value} for key, value in iam.tags.items()]
        account.tagger.tag_resource(user.arn, tags)
    for name in iam.groups:
        account.groups[name].users.append(user)
    for arn in iam.policies:
        account.managed_policies[arn].attach_to(user)
    for name in iam.inline:
        user.policies[name] = json.dumps(INLINE_POLICY)
    if iam.password:
        user.password = mock_random.randbytes(12).hex()
        user.password_last_used = _ago(now, iam.password_used_days)
    if iam.mfa:
        _add_mfa(account, user)
    for key in iam.keys:
        _add_key(account, user, key, now)
    if iam.ssh:
        user.ssh_public_keys.append(SshPublicKey(user.name, f"ssh-rsa {user.id}"))
    if iam.certificate:
        certificate_id = _stable(user.id, "certificate", 32)
        user.signing_certificates[certificate_id] = SigningCertificate(
            certificate_id, user.name, "-----BEGIN CERTIFICATE-----"
        )
    if iam.service_credential:
        credentials_of(user).append(ServiceCredential(user.name, "codecommit.amazonaws.com"))
    if iam.boundary:
        boundary: Any = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": READ_ONLY,
        }
        user.permissions_boundary = boundary  # type: ignore[attr-defined]


def _add_key(account: IAMBackend, user: User, key: Key, now: datetime) -> None:
    made = account.create_access_key(user.name, status="Active" if key.active else "Inactive")
    made.create_date = now - timedelta(days=key.age_days)
    used = _ago(now, key.used_days)
    if used is not None:
        made.last_used = AccessKeyLastUsed(timestamp=used, service="s3", region=REGION)


def _add_mfa(account: IAMBackend, user: User) -> None:
    device = VirtualMfaDevice(account.account_id, region_name=REGION, device_name=f"/{user.name}")
    device.enable_date, device.user = user.create_date, user
    device.user_attribute = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
    }
    account.virtual_mfa_devices[device.serial_number] = device
    user.mfa_devices[device.serial_number] = MFADevice(device.serial_number, "", "")


def _ago(now: datetime, days: int | None) -> Any:
    return None if days is None else now - timedelta(days=days, hours=2)


def _stable(space: str, name: str, length: int) -> str:
    digest = hashlib.sha256(f"{space}/{name}".encode()).digest()
    return base64.b32encode(digest).decode()[:length]
