"""The IAM calls we use, one method each: typed values in and out, our errors instead of botocore's.

Every write returns AWS's request id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from .entities import Credential, Kind, LiveUser, Subject
from .errors import AwsError, IdentityChanged, NoSuchEntity
from .sessions import Account, Purpose, Session, Throttle, from_client_error, open_session

Status = Literal["Active", "Inactive"]


@dataclass(frozen=True)
class Basics:
    """What GetUser tells."""

    user_id: str
    arn: str
    path: str
    created_at: datetime
    password_last_used_at: datetime | None
    boundary: str
    tags: dict[str, str]


def connect(account: Account, purpose: Purpose, throttle: Throttle | None = None) -> Iam:
    """An `Iam` for one account and purpose. Raises WrongAccount or AwsError."""
    return Iam(account, open_session(account, purpose, throttle))


class Iam:
    def __init__(self, account: Account, session: Session) -> None:
        self.account = account
        self.client = session.client
        self.own_arns = session.own_arns

    # -- one call ------------------------------------------------------------------------------
    def call(self, name: str, **parameters: Any) -> dict[str, Any]:
        """One call by its snake_case name. Raises AwsError and its kinds."""
        method: Callable[..., dict[str, Any]] = getattr(self.client, name)
        try:
            return method(**parameters)
        except ClientError as error:
            raise from_client_error(error) from error
        except BotoCoreError as error:
            raise AwsError(name, "ConnectionError", str(error)) from error

    def pages(self, name: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every page of a listing. Raises AwsError when one page does not arrive."""
        try:
            yield from self.client.get_paginator(name).paginate(**parameters)  # type: ignore[call-overload]
        except ClientError as error:
            raise from_client_error(error) from error
        except BotoCoreError as error:
            raise AwsError(name, "ConnectionError", str(error)) from error

    def _write(self, name: str, **parameters: Any) -> str:
        return str(self.call(name, **parameters)["ResponseMetadata"].get("RequestId", ""))

    def _list(self, name: str, key: str, user_name: str) -> list[Any]:
        return [item for page in self.pages(name, UserName=user_name) for item in page[key]]

    # -- reading one user ------------------------------------------------------------------------
    def basics(self, user_name: str) -> Basics:
        """GetUser. Raises NoSuchEntity."""
        user = self.call("get_user", UserName=user_name)["User"]
        return Basics(
            user_id=user["UserId"],
            arn=user["Arn"],
            path=user["Path"],
            created_at=user["CreateDate"],
            password_last_used_at=user.get("PasswordLastUsed"),
            boundary=user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            tags={tag["Key"]: tag["Value"] for tag in user.get("Tags", ())},
        )

    def confirm(self, subject: Subject) -> Basics:
        """GetUser, and that the name still means the same UserId.

        Raises NoSuchEntity when the name is free, IdentityChanged when somebody else has it.
        """
        found = self.basics(subject.user_name)
        if found.user_id != subject.user_id:
            raise IdentityChanged(
                f"{subject.user_name} in account {subject.account_id} was deleted and created "
                f"again: expected UserId {subject.user_id}, found {found.user_id}. Nothing done."
            )
        return found

    def read(self, subject: Subject) -> LiveUser:
        """Everything about one user, about ten calls. Raises as `confirm` does."""
        basics, name = self.confirm(subject), subject.user_name
        return LiveUser(
            account_id=self.account.account_id,
            user_id=basics.user_id,
            user_name=name,
            arn=basics.arn,
            path=basics.path,
            created_at=basics.created_at,
            password_last_used_at=basics.password_last_used_at,
            has_password=self.has_password(name),
            credentials=tuple(self.credentials(name)),
            mfa_serials=tuple(d["SerialNumber"] for d in self._list("list_mfa_devices", "MFADevices", name)),
            groups=tuple(g["GroupName"] for g in self._list("list_groups_for_user", "Groups", name)),
            policies=self.policies(name),
            inline_policies={
                policy: self.inline_policy(name, policy)
                for policy in self._list("list_user_policies", "PolicyNames", name)
            },
            boundary=basics.boundary,
            tags=basics.tags,
        )

    def policies(self, user_name: str) -> tuple[str, ...]:
        """ARNs of the managed policies attached to the user."""
        attached = self._list("list_attached_user_policies", "AttachedPolicies", user_name)
        return tuple(policy["PolicyArn"] for policy in attached)

    def has_password(self, user_name: str) -> bool:
        try:
            self.call("get_login_profile", UserName=user_name)
        except NoSuchEntity:
            return False
        return True

    def inline_policy(self, user_name: str, policy: str) -> str:
        """The policy's document as JSON text."""
        answer = self.call("get_user_policy", UserName=user_name, PolicyName=policy)
        return json.dumps(answer["PolicyDocument"], sort_keys=True)

    def credentials(self, user_name: str) -> Iterator[Credential]:
        """Keys, SSH keys, certificates and service credentials, with their status."""
        listings = (
            (Kind.ACCESS_KEY, "list_access_keys", "AccessKeyMetadata", "AccessKeyId"),
            (Kind.SSH_KEY, "list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId"),
            (Kind.CERTIFICATE, "list_signing_certificates", "Certificates", "CertificateId"),
        )
        for kind, listing, key, id_key in listings:
            for item in self._list(listing, key, user_name):
                created = item.get("CreateDate") or item.get("UploadDate")
                yield Credential(kind, item[id_key], item["Status"] == "Active", created)
        for item in self._service_credentials(user_name):
            yield Credential(
                Kind.SERVICE_CREDENTIAL,
                item["ServiceSpecificCredentialId"],
                item["Status"] == "Active",
                item["CreateDate"],
            )

    def _service_credentials(self, user_name: str) -> Iterator[Any]:
        more: dict[str, str] = {}  # boto3 has no paginator for this one
        while True:
            page = self.call("list_service_specific_credentials", UserName=user_name, **more)
            yield from page["ServiceSpecificCredentials"]
            if not page.get("IsTruncated"):
                return
            more = {"Marker": page["Marker"]}

    # -- writing -------------------------------------------------------------------------------
    def set_status(self, user_name: str, credential: Credential, status: Status) -> str:
        call, key = {
            Kind.ACCESS_KEY: ("update_access_key", "AccessKeyId"),
            Kind.SSH_KEY: ("update_ssh_public_key", "SSHPublicKeyId"),
            Kind.CERTIFICATE: ("update_signing_certificate", "CertificateId"),
            Kind.SERVICE_CREDENTIAL: (
                "update_service_specific_credential",
                "ServiceSpecificCredentialId",
            ),
        }[credential.kind]
        return self._write(call, UserName=user_name, Status=status, **{key: credential.id})

    def delete_credential(self, user_name: str, credential: Credential) -> str:
        call, key = {
            Kind.ACCESS_KEY: ("delete_access_key", "AccessKeyId"),
            Kind.SSH_KEY: ("delete_ssh_public_key", "SSHPublicKeyId"),
            Kind.CERTIFICATE: ("delete_signing_certificate", "CertificateId"),
            Kind.SERVICE_CREDENTIAL: (
                "delete_service_specific_credential",
                "ServiceSpecificCredentialId",
            ),
        }[credential.kind]
        return self._write(call, UserName=user_name, **{key: credential.id})

    def attach(self, user_name: str, policy_arn: str) -> str:
        return self._write("attach_user_policy", UserName=user_name, PolicyArn=policy_arn)

    def detach(self, user_name: str, policy_arn: str) -> str:
        return self._write("detach_user_policy", UserName=user_name, PolicyArn=policy_arn)

    def tag(self, user_name: str, tags: dict[str, str]) -> str:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        return self._write("tag_user", UserName=user_name, Tags=pairs)

    def untag(self, user_name: str, keys: list[str]) -> str:
        return self._write("untag_user", UserName=user_name, TagKeys=keys)

    def delete_password(self, user_name: str) -> str:
        return self._write("delete_login_profile", UserName=user_name)

    def deactivate_mfa(self, user_name: str, serial: str) -> str:
        return self._write("deactivate_mfa_device", UserName=user_name, SerialNumber=serial)

    def delete_virtual_mfa(self, serial: str) -> str:
        return self._write("delete_virtual_mfa_device", SerialNumber=serial)

    def leave_group(self, user_name: str, group: str) -> str:
        return self._write("remove_user_from_group", UserName=user_name, GroupName=group)

    def delete_inline_policy(self, user_name: str, policy: str) -> str:
        return self._write("delete_user_policy", UserName=user_name, PolicyName=policy)

    def delete_boundary(self, user_name: str) -> str:
        return self._write("delete_user_permissions_boundary", UserName=user_name)

    def delete_user(self, user_name: str) -> str:
        return self._write("delete_user", UserName=user_name)
