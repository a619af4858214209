"""Helpers of the AWS tests: users made and judged with plain boto3, faults put into our own client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.embedded.aws import Handle
from config.embedded.aws.organisation import MAIN_ACCOUNT
from user_audit.aws.entities import DENY_ALL, LiveUser, Subject
from user_audit.aws.iam import Iam, connect
from user_audit.aws.records import DisableRecord, archived
from user_audit.aws.sessions import Account, Purpose
from user_audit.aws.steps import Hand, MemoryJournal

INLINE = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Killed(BaseException):
    """The worker is gone: like `kill -9`, nothing of ours runs after it."""


def judge(handle: Handle, service: str = "iam") -> Any:
    """A plain boto3 client of an administrator: the outside view."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=handle.url,
        region_name="us-east-1",
        aws_access_key_id="outside",
        aws_secret_access_key="outside",
        config=Config(retries={"total_max_attempts": 1}),
    )


def account(handle: Handle, account_id: str = MAIN_ACCOUNT) -> Account:
    return Account(
        account_id=account_id,
        alias="main",
        endpoint_url=handle.url,
        access_key_id=handle.access_key_id,
        secret_access_key=handle.secret_access_key,
        reader_role=f"arn:aws:iam::{account_id}:role/opsdash-reader",
        disabler_role=f"arn:aws:iam::{account_id}:role/opsdash-disabler",
        deleter_role=f"arn:aws:iam::{account_id}:role/opsdash-deleter",
        settle_seconds=0,
    )


def new_iam(handle: Handle, purpose: Purpose = Purpose.DISABLE) -> Iam:
    return connect(account(handle), purpose)


# -- users ---------------------------------------------------------------------------------------------------------
def make_user(iam: Any, name: str = "", *, everything: bool = False, keys: int = 1, **options: Any) -> Subject:
    """An IAM user with a password and `keys` access keys, or with all that a user can have."""
    name = name or f"user-{uuid.uuid4().hex[:10]}@example.com"
    user = iam.create_user(UserName=name, **options)["User"]
    iam.create_login_profile(UserName=name, Password=uuid.uuid4().hex)
    for _ in range(2 if everything else keys):
        iam.create_access_key(UserName=name)
    if everything:
        iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=f"ssh-rsa {name}")
        iam.upload_signing_certificate(UserName=name, CertificateBody=certificate())
        iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        for device in (serial, f"GAHT{uuid.uuid4().int % 10**8}"):
            iam.enable_mfa_device(
                UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
            )
        for group in ("one", "two"):
            iam.add_user_to_group(GroupName=ensure_group(iam, group), UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=INLINE)
        for arn in (BILLING, READ_ONLY):
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=READ_ONLY)
    return Subject(MAIN_ACCOUNT, user["UserId"], name)


def ensure_group(iam: Any, name: str) -> str:
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_group(GroupName=name)
    return name


def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now.replace(year=now.year + 1))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def state(iam: Any, name: str) -> dict[str, Any]:
    """All that AWS shows of a user, in plain values; {} when there is none."""
    try:
        user = iam.get_user(UserName=name)["User"]
    except iam.exceptions.NoSuchEntityException:
        return {}
    try:
        iam.get_login_profile(UserName=name)
        password = True
    except iam.exceptions.NoSuchEntityException:
        password = False
    return {
        "password": password,
        "boundary": user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tags": {t["Key"]: t["Value"] for t in user.get("Tags", [])},
        "keys": _statuses(iam.list_access_keys(UserName=name)["AccessKeyMetadata"], "AccessKeyId"),
        "ssh": _statuses(iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"], "SSHPublicKeyId"),
        "certificates": _statuses(iam.list_signing_certificates(UserName=name)["Certificates"], "CertificateId"),
        "service": _statuses(
            iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"],
            "ServiceSpecificCredentialId",
        ),
        "mfa": sorted(d["SerialNumber"] for d in iam.list_mfa_devices(UserName=name)["MFADevices"]),
        "groups": sorted(g["GroupName"] for g in iam.list_groups_for_user(UserName=name)["Groups"]),
        "inline": iam.list_user_policies(UserName=name)["PolicyNames"],
        "policies": sorted(p["PolicyArn"] for p in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]),
    }


def _statuses(items: list[dict[str, Any]], key: str) -> dict[str, str]:
    return {item[key]: item["Status"] for item in items}


def without_our_marks(found: dict[str, Any]) -> dict[str, Any]:
    tags = {key: value for key, value in found["tags"].items() if not key.startswith("opsdash-")}
    return found | {"tags": tags}


def open_door(found: dict[str, Any]) -> bool:
    """Whether the user is not denied and holds a credential that works."""
    if not found or DENY_ALL in found["policies"]:
        return False
    kinds = ("keys", "ssh", "certificates", "service")
    return bool(found["password"]) or any("Active" in found[kind].values() for kind in kinds)


def is_closed(found: dict[str, Any]) -> bool:
    """Denied, and every credential that has a status is inactive."""
    kinds = ("keys", "ssh", "certificates", "service")
    return DENY_ALL in found["policies"] and not any("Active" in found[kind].values() for kind in kinds)


# -- our side, kept in memory -------------------------------------------------------------------------------------
@dataclass
class MemoryRecords:
    record: DisableRecord | None = None
    opened: int = 0

    def current(self, user_id: str) -> DisableRecord | None:
        return self.record if self.record is not None and self.record.user_id == user_id else None

    def open(self, live: LiveUser) -> DisableRecord:
        self.opened += 1
        self.record = DisableRecord(
            id=str(uuid.uuid4()),
            user_id=live.user_id,
            taken_at=datetime.now(UTC),
            active=live.active,
            inactive=tuple(c for c in live.credentials if not c.active),
            had_password=live.has_password,
            deny_preexisting=live.denied,
        )
        return self.record

    def abandon(self, record: DisableRecord) -> None:
        self.record = None

    def enabling(self, record: DisableRecord) -> DisableRecord:
        self.record = replace(record, enabling=True)
        return self.record

    def close(self, record: DisableRecord) -> None:
        self.record = None


@dataclass
class MemoryArchive:
    kept: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def begun(self, user_id: str) -> Mapping[str, object] | None:
        return self.kept.get(user_id)

    def keep(self, live: LiveUser) -> Mapping[str, object]:
        self.kept[live.user_id] = archived(live)
        return self.kept[live.user_id]


def hand(iam: Iam, subject: Subject, journal: MemoryJournal | None = None) -> Hand:
    return Hand(iam, subject, journal or MemoryJournal(), sleep=lambda _: None)


# -- faults --------------------------------------------------------------------------------------------------------
@contextmanager
def killed_at(iam: Iam, number: int, *, after: bool, reads: bool = False) -> Iterator[None]:
    """Ends the worker at its `number`-th IAM call: before it is sent, or after AWS has carried it out.

    Without `reads` only writes are counted: dying after a read leaves AWS as the write before it did.
    """
    calls = 0

    def count(event_name: str, **_: Any) -> None:
        nonlocal calls
        if not reads and event_name.rsplit(".", 1)[-1].startswith(("Get", "List", "Generate")):
            return
        calls += 1
        if calls == number:
            raise Killed

    event = "after-call.iam" if after else "before-send.iam"
    iam.client.meta.events.register(event, count)
    try:
        yield
    finally:
        iam.client.meta.events.unregister(event, count)


@contextmanager
def answering(
    iam: Iam, operation: str, code: str, *, status: int = 400, times: int = 10**9, applied: bool = False
) -> Iterator[list[str]]:
    """Makes our client see an error for `operation`; applied: AWS carries the call out all the same."""
    seen: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        if len(seen) >= times:
            return None
        seen.append(operation)
        if applied:
            from botocore.httpsession import URLLib3Session

            URLLib3Session().send(request)
        body = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{code}</Code><Message>injected</Message></Error>"
            "<RequestId>injected</RequestId></ErrorResponse>"
        ).encode()
        return AWSResponse(request.url, status, {"Content-Type": "text/xml"}, RawBody(body))

    event = f"before-send.iam.{operation}"
    iam.client.meta.events.register_first(event, answer)
    try:
        yield seen
    finally:
        iam.client.meta.events.unregister(event, answer)


class RawBody:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.body


def run_until_done(act: Callable[[], Any]) -> Any:
    """The sweeper: repeats a killed or failed action until it ends."""
    for _ in range(200):
        try:
            return act()
        except Killed:
            continue
    raise AssertionError("never ended")
