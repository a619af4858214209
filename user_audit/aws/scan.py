"""Reads an account in three bulk reads; never a call per user, but for those too new to be in the
credential report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .credential_report import parse
from .entities import (
    CredentialReading,
    KeyReading,
    Kind,
    LiveUser,
    Subject,
    UserReading,
)
from .errors import AwsError, IdentityChanged, NoSuchEntity, ReportNotReady
from .iam import Iam

PAGE = 1000
REPORT_SECONDS = 120
NEW_USERS = 200  # more than these unknown to the report: their credentials stay unknown


@dataclass(frozen=True)
class AccountReading:
    """All users of an account. problems: what keeps single rows from being complete."""

    account_id: str
    alias: str
    own_arns: tuple[str, ...]
    report_generated_at: datetime
    users: tuple[UserReading, ...]
    problems: tuple[str, ...] = ()


def read_account(iam: Iam, *, sleep: Callable[[float], None] = time.sleep) -> AccountReading:
    """The whole account. Raises AwsError when any page is missing, ReportNotReady and
    ReportMalformed when there is no report to go by: a scan is complete or it is nothing."""
    iam.call("generate_credential_report")  # AWS builds it while we read the rest
    details = _details(iam)
    devices = {
        device["User"]["Arn"]
        for page in iam.pages(
            "list_virtual_mfa_devices",
            AssignmentStatus="Assigned",
            PaginationConfig={"PageSize": PAGE},
        )
        for device in page["VirtualMFADevices"]
        if "User" in device and "Arn" in device["User"]
    }
    content, generated_at = _report(iam, sleep)
    report = parse(content, [user.arn for user in details])
    users, problems = _joined(iam, details, report, devices, generated_at)
    aliases = iam.call("list_account_aliases")["AccountAliases"]
    return AccountReading(
        iam.account.account_id,
        aliases[0] if aliases else iam.account.alias,
        iam.own_arns,
        generated_at,
        tuple(users),
        tuple(problems),
    )


def _details(iam: Iam) -> list[UserReading]:
    users: list[dict[str, Any]] = []
    groups: dict[str, list[str]] = {}
    for page in iam.pages(
        "get_account_authorization_details",
        Filter=["User", "Group"],
        PaginationConfig={"PageSize": PAGE},
    ):
        users += page["UserDetailList"]
        for group in page["GroupDetailList"]:
            groups[group["GroupName"]] = _arns(group.get("AttachedManagedPolicies", ()))
    return [_detail(iam.account.account_id, user, groups) for user in users]


def _detail(account_id: str, user: Mapping[str, Any], groups: Mapping[str, list[str]]) -> UserReading:
    inline = user.get("UserPolicyList", ())
    return UserReading(
        account_id=account_id,
        user_id=user["UserId"],
        user_name=user["UserName"],
        arn=user["Arn"],
        path=user["Path"],
        created_at=user["CreateDate"],
        tags={tag["Key"]: tag["Value"] for tag in user.get("Tags", ())},
        groups=tuple(user.get("GroupList", ())),
        policies=tuple(_arns(user.get("AttachedManagedPolicies", ()))),
        group_policies=tuple(sorted({arn for group in user.get("GroupList", ()) for arn in groups.get(group, ())})),
        inline_policies=tuple(policy["PolicyName"] for policy in inline),
        denied_inline=any(denies_everything(policy["PolicyDocument"]) for policy in inline),
        boundary=user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
    )


def denies_everything(document: Any) -> bool:
    """Whether a policy document has an unconditional Deny of every action on every resource."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", ())
    for statement in [statements] if isinstance(statements, dict) else statements:
        if (
            statement.get("Effect") == "Deny"
            and not statement.get("Condition")
            and "*" in _listed(statement.get("Action"))
            and "*" in _listed(statement.get("Resource"))
        ):
            return True
    return False


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _arns(policies: Iterable[Mapping[str, str]]) -> list[str]:
    return [policy["PolicyArn"] for policy in policies]


def _report(iam: Iam, sleep: Callable[[float], None]) -> tuple[str, datetime]:
    waited, pause = 0.0, 0.25
    while True:
        if iam.call("generate_credential_report").get("State") == "COMPLETE":
            try:
                answer = iam.call("get_credential_report")
            except AwsError as error:
                # It may expire between the two calls: then the next round orders a new one.
                if error.code not in ("ReportNotPresent", "ReportInProgress", "ReportExpired"):
                    raise
            else:
                return answer["Content"].decode(), answer["GeneratedTime"]
        if waited >= REPORT_SECONDS:
            raise ReportNotReady(f"AWS did not finish the credential report in {REPORT_SECONDS} seconds.")
        sleep(pause)
        waited, pause = waited + pause, min(pause * 2, 8)


def _joined(
    iam: Iam,
    details: list[UserReading],
    report: Mapping[str, CredentialReading],
    devices: set[str],
    generated_at: datetime,
) -> tuple[list[UserReading], list[str]]:
    users, problems, unknown = [], [], 0
    for user in details:
        reading = report.get(user.arn)
        # Of a user made after the report an older row would be that of a namesake.
        if reading is None or user.created_at > generated_at:
            unknown += 1
            reading = _from_live(iam, user) if unknown <= NEW_USERS else None
        users.append(replace(user, virtual_mfa=user.arn in devices, credentials=reading))
    if unknown > NEW_USERS:
        problems.append(
            f"{unknown - NEW_USERS} users are newer than the credential report; "
            "their credentials are not known until the next one."
        )
    return users, problems


def _from_live(iam: Iam, user: UserReading) -> CredentialReading | None:
    subject = Subject(user.account_id, user.user_id, user.user_name)
    try:
        return credential_reading(iam.read(subject))
    except (NoSuchEntity, IdentityChanged):
        return None  # gone since the listing


def credential_reading(live: LiveUser) -> CredentialReading:
    """The same facts from a live read; it does not tell when a key was last used."""
    return CredentialReading(
        has_password=live.has_password,
        password_last_used_at=live.password_last_used_at,
        has_mfa=bool(live.mfa_serials),
        keys=tuple(_keys(live)),
        certificates_active=sum(1 for c in live.credentials if c.active and c.kind is not Kind.ACCESS_KEY),
    )


def _keys(live: LiveUser) -> Iterator[KeyReading]:
    for credential in live.credentials:
        if credential.kind is Kind.ACCESS_KEY:
            yield KeyReading(credential.active, credential.created_at, None)
