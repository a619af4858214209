"""What moto lets pass and AWS refuses: without this layer tests against moto prove nothing.

Added to moto: DeleteConflict for everything a user still holds, real paging, the rules for names,
statuses, tags and quotas, service-specific credentials, permissions boundaries, a credential
report that is frozen for four hours, and keys that stop working when inactive or denied.
An access key unknown to the backend acts as the default account's administrator, as in moto.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import IAMException
from moto.iam.models import IAMBackend, iam_backends
from moto.iam.responses import IamResponse
from moto.iam.utils import random_access_key, random_alphanumeric
from moto.sts.responses import TokenResponse

from .report import Report, build

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
TAG_KEY = re.compile(r"[\w\s.:/=+@-]{1,128}")
STATUSES = ("Active", "Inactive")
ATTACHED_POLICIES = 10
GROUPS = 10
TAGS = 50
SSH_KEYS = 5
SERVICE_CREDENTIALS = 2
USERS = 5_000
SERVICES = (
    "codecommit.amazonaws.com",
    "cassandra.amazonaws.com",
    "bedrock.amazonaws.com",
)

lock = threading.RLock()  # one request at a time: moto's backends are not thread-safe
changed = threading.Event()  # set by every request that may have changed something
reports: dict[str, Report | None] = {}  # by account id


def error(code: str, message: str) -> IAMException:
    return IAMException(code, message)


@dataclass
class ServiceCredential:
    user_name: str
    service_name: str
    status: str = "Active"
    create_date: datetime = field(default_factory=lambda: datetime.now(UTC))
    service_specific_credential_id: str = field(default_factory=lambda: "ACCA" + random_access_key())
    service_password: str = field(default_factory=lambda: random_alphanumeric(44))

    @property
    def service_user_name(self) -> str:
        return f"{self.user_name}-at-{self.service_specific_credential_id[-6:]}"


def credentials_of(user: Any) -> list[ServiceCredential]:
    """The user's service-specific credentials, which moto does not know."""
    if not hasattr(user, "service_credentials"):
        user.service_credentials = []
    found: list[ServiceCredential] = user.service_credentials
    return found


class KeyCheck:
    """Refuses requests signed with an inactive key, or by a user whom AWSDenyAll denies."""

    # AWS answers this one to anybody, whatever the policies say.
    always_allowed: ClassVar[tuple[str, ...]] = ("GetCallerIdentity",)

    def check_key(self, access_key_id: str, action: str) -> None:
        for account in list(iam_backends.values()):
            key = account["aws"].access_keys.get(access_key_id)
            if key is None or key.user_name is None:
                continue
            if key.status != "Active":
                raise error(
                    "InvalidClientTokenId",
                    "The security token included in the request is invalid.",
                )
            user = account["aws"].users.get(key.user_name)
            if user is None:
                raise error(
                    "InvalidClientTokenId",
                    "The security token included in the request is invalid.",
                )
            if DENY_ALL in user.managed_policies and action not in self.always_allowed:
                raise error(
                    "AccessDenied",
                    f"User: {user.arn} is not authorized to perform: {action} "
                    "with an explicit deny in an identity-based policy",
                )


class StrictSts(KeyCheck, TokenResponse):
    def call_action(self) -> Any:
        with lock:
            try:
                self.check_key(self.get_access_key(), self._get_action())
                if self._get_action() == "AssumeRole":
                    self._check_role()
            except IAMException as refused:
                return _refused(self, refused)
            return super().call_action()

    def _check_role(self) -> None:
        arn = self._get_param("RoleArn") or ""
        parts = arn.split(":")
        roles = iam_backends[parts[4]]["aws"].roles.values() if len(parts) == 6 else ()
        if not any(role.arn == arn for role in roles):
            raise error(
                "AccessDenied",
                f"User is not authorized to perform: sts:AssumeRole on resource: {arn}",
            )


class StrictIam(KeyCheck, IamResponse):
    backend: IAMBackend

    def call_action(self) -> Any:
        with lock:
            try:
                self.check_key(self.get_access_key(), self._get_action())
            except IAMException as refused:
                return _refused(self, refused)
            answer = super().call_action()
            if not self._get_action().startswith(("Get", "List")):
                changed.set()
            return answer

    # -- paging --------------------------------------------------------------------------------
    def _page[T](self, items: Sequence[T]) -> tuple[Sequence[T], dict[str, Any]]:
        size = self._get_int_param("MaxItems", 100)
        if not 1 <= size <= 1000:
            raise error("ValidationError", "Value at 'maxItems' must be between 1 and 1000")
        marker = self._get_param("Marker")
        offset = 0
        if marker:
            try:
                offset = int(base64.urlsafe_b64decode(marker.encode()).decode())
            except ValueError:
                raise error("ValidationError", f"Invalid Marker: {marker}") from None
        page = items[offset : offset + size]
        if offset + size >= len(items):
            return page, {"IsTruncated": False}
        after = base64.urlsafe_b64encode(str(offset + size).encode()).decode()
        return page, {"IsTruncated": True, "Marker": after}

    def _listed(self, key: str, items: Sequence[Any]) -> ActionResult:
        page, more = self._page(items)
        return ActionResult({key: list(page), **more})

    def _user(self) -> Any:
        return self.backend.get_user(self._get_param("UserName"))

    def list_users(self) -> ActionResult:
        prefix = self._get_param("PathPrefix") or "/"
        users = [u for u in self.backend.users.values() if u.path.startswith(prefix)]
        return self._listed("Users", sorted(users, key=lambda user: user.name.lower()))

    def get_account_authorization_details(self) -> ActionResult:
        details = self.backend.get_account_authorization_details(self._get_param("Filter", []))
        kinds = {
            "UserDetailList": sorted(details["users"], key=lambda user: user.name.lower()),
            "GroupDetailList": details["groups"],
            "RoleDetailList": details["roles"],
            "Policies": details["managed_policies"],
        }
        items = [(kind, item) for kind, of_kind in kinds.items() for item in of_kind]
        page, more = self._page(items)
        parts = {kind: [item for of, item in page if of == kind] for kind in kinds}
        return ActionResult({**parts, **more})

    def list_virtual_mfa_devices(self) -> ActionResult:
        wanted = self._get_param("AssignmentStatus", "Any")
        devices = sorted(self.backend.virtual_mfa_devices.values(), key=lambda d: d.serial_number)
        if wanted != "Any":
            devices = [d for d in devices if (d.enable_date is not None) == (wanted == "Assigned")]
        return self._listed("VirtualMFADevices", devices)

    def list_access_keys(self) -> ActionResult:
        if not self._get_param("UserName"):
            return super().list_access_keys()
        return self._listed("AccessKeyMetadata", self._user().access_keys)

    def list_groups_for_user(self) -> ActionResult:
        return self._listed("Groups", self.backend.get_groups_for_user(self._user().name))

    def list_user_policies(self) -> ActionResult:
        return self._listed("PolicyNames", sorted(self._user().policies))

    def list_attached_user_policies(self) -> ActionResult:
        return self._listed("AttachedPolicies", self._user().attached_managed_policies)

    def list_user_tags(self) -> ActionResult:
        return self._listed("Tags", self._user().tags or [])

    def list_ssh_public_keys(self) -> ActionResult:
        return self._listed("SSHPublicKeys", self._user().ssh_public_keys)

    def list_signing_certificates(self) -> ActionResult:
        return self._listed("Certificates", list(self._user().signing_certificates.values()))

    def list_mfa_devices(self) -> ActionResult:
        user = self._user()
        devices = [
            {
                "UserName": user.name,
                "SerialNumber": d.serial_number,
                "EnableDate": d.enable_date,
            }
            for d in user.mfa_devices.values()
        ]
        return self._listed("MFADevices", devices)

    # -- users ---------------------------------------------------------------------------------
    def create_user(self) -> ActionResult:
        name = self._get_param("UserName")
        self._check_name(name)
        if len(self.backend.users) >= USERS:
            raise error("LimitExceeded", f"Cannot exceed quota for UsersPerAccount: {USERS}")
        self._check_tags(self._get_param("Tags", []), {})
        answer = super().create_user()
        self.backend.users[name].id = "AIDA" + random_access_key() + "A"
        return answer

    def update_user(self) -> ActionResult:
        user, new_name = self._user(), self._get_param("NewUserName")
        if new_name and new_name.lower() != user.name.lower():
            self._check_name(new_name)
        before = user.arn
        answer = super().update_user()
        if user.arn != before and before in self.backend.tagger.tags:  # moto loses the tags
            self.backend.tagger.tags[user.arn] = self.backend.tagger.tags.pop(before)
        for key in user.access_keys:
            key.user_name = user.name
        return answer

    def _check_name(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise error(
                "ValidationError",
                f"Value '{name}' at 'userName' must satisfy [\\w+=,.@-]+ and have at most 64 characters",
            )
        if any(existing.lower() == name.lower() for existing in self.backend.users):
            raise error("EntityAlreadyExists", f"User with name {name} already exists.")

    def delete_user(self) -> ActionResult:
        user = self._user()
        held = {
            "delete login profile": bool(user.password),
            "delete access keys": bool(user.access_keys),
            "delete MFA device": bool(user.mfa_devices),
            "delete signing certificates": bool(user.signing_certificates),
            "delete SSH public keys": bool(user.ssh_public_keys),
            "delete service specific credentials": bool(credentials_of(user)),
            "delete policies": bool(user.policies),
            "detach all policies": bool(user.managed_policies),
            "remove users from group": bool(self.backend.get_groups_for_user(user.name)),
        }
        for what, still_held in held.items():
            if still_held:
                raise error("DeleteConflict", f"Cannot delete entity, must {what} first.")
        return super().delete_user()

    def tag_user(self) -> ActionResult:
        user, tags = self._user(), self._get_param("Tags", [])
        self._check_tags(tags, self.backend.tagger.get_tag_dict_for_resource(user.arn))
        return super().tag_user()

    def _check_tags(self, tags: list[dict[str, str]], existing: dict[str, str]) -> None:
        keys = [tag["Key"] for tag in tags]
        if len({key.lower() for key in keys}) != len(keys):
            raise error("InvalidInput", "Duplicate tag keys found.")
        for tag in tags:
            if not TAG_KEY.fullmatch(tag["Key"]) or len(tag.get("Value", "")) > 256:
                raise error("ValidationError", f"Tag {tag['Key'][:130]!r} is not valid")
        if len(set(existing) | set(keys)) > TAGS:
            raise error("LimitExceeded", f"Cannot exceed quota for TagsPerUser: {TAGS}")

    # -- policies ------------------------------------------------------------------------------
    def attach_user_policy(self) -> ActionResult:
        user, arn = self._user(), self._get_param("PolicyArn")
        if arn not in user.managed_policies and len(user.managed_policies) >= ATTACHED_POLICIES:
            raise error(
                "LimitExceeded",
                f"Cannot exceed quota for PoliciesPerUser: {ATTACHED_POLICIES}",
            )
        policy = self.backend.managed_policies.get(arn)
        if policy is None:
            raise error("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
        if arn not in user.managed_policies:
            policy.attach_to(user)
        return EmptyResult()

    def put_user_permissions_boundary(self) -> ActionResult:
        arn = self._get_param("PermissionsBoundary")
        if arn not in self.backend.managed_policies:
            raise error("NoSuchEntity", f"Policy {arn} does not exist.")
        self._user().permissions_boundary = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": arn,
        }
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        user = self._user()
        if getattr(user, "permissions_boundary", None) is None:
            raise error(
                "NoSuchEntity",
                f"User {user.name} does not have a permissions boundary.",
            )
        user.permissions_boundary = None
        return EmptyResult()

    def add_user_to_group(self) -> ActionResult:
        user = self._user()
        groups = [group.name for group in self.backend.get_groups_for_user(user.name)]
        if self._get_param("GroupName") not in groups and len(groups) >= GROUPS:
            raise error("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {GROUPS}")
        return super().add_user_to_group()

    # -- credentials ---------------------------------------------------------------------------
    def _check_status(self) -> None:
        status = self._get_param("Status")
        if status not in STATUSES:
            raise error(
                "ValidationError",
                f"Value '{status}' at 'status' must be one of [Active, Inactive]",
            )

    def update_access_key(self) -> ActionResult:
        self._check_status()
        return super().update_access_key()

    def update_ssh_public_key(self) -> ActionResult:
        self._check_status()
        return super().update_ssh_public_key()

    def update_signing_certificate(self) -> ActionResult:
        self._check_status()
        return super().update_signing_certificate()

    def upload_ssh_public_key(self) -> ActionResult:
        if len(self._user().ssh_public_keys) >= SSH_KEYS:
            raise error(
                "LimitExceeded",
                f"Cannot exceed quota for SSHPublicKeysPerUser: {SSH_KEYS}",
            )
        return super().upload_ssh_public_key()

    def create_service_specific_credential(self) -> ActionResult:
        user, service = self._user(), self._get_param("ServiceName")
        if service not in SERVICES:
            raise error("NotSupportedService", f"Service {service} is not supported.")
        held = credentials_of(user)
        if sum(c.service_name == service for c in held) >= SERVICE_CREDENTIALS:
            raise error("LimitExceeded", "Cannot exceed quota for ServiceSpecificCredentials: 2")
        held.append(ServiceCredential(user.name, service))
        return ActionResult({"ServiceSpecificCredential": held[-1]})

    def list_service_specific_credentials(self) -> ActionResult:
        service = self._get_param("ServiceName")
        held = credentials_of(self._user())
        wanted = [c for c in held if service in (None, c.service_name)]
        return self._listed("ServiceSpecificCredentials", wanted)

    def _service_credential(self) -> ServiceCredential:
        wanted = self._get_param("ServiceSpecificCredentialId")
        for credential in credentials_of(self._user()):
            if credential.service_specific_credential_id == wanted:
                return credential
        raise error("NoSuchEntity", f"Service Specific Credential {wanted} does not exist.")

    def update_service_specific_credential(self) -> ActionResult:
        self._check_status()
        self._service_credential().status = self._get_param("Status")
        return EmptyResult()

    def delete_service_specific_credential(self) -> ActionResult:
        credential = self._service_credential()
        credentials_of(self._user()).remove(credential)
        return EmptyResult()

    def delete_virtual_mfa_device(self) -> ActionResult:
        device = self.backend.virtual_mfa_devices.get(self._get_param("SerialNumber"))
        if device is not None and device.user is not None:
            raise error("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
        return super().delete_virtual_mfa_device()

    # -- credential report ---------------------------------------------------------------------
    def generate_credential_report(self) -> ActionResult:
        now, account = datetime.now(UTC), self.backend.account_id
        report = reports.get(account)
        if report is None or report.expired(now):
            reports[account] = Report(build(self.backend, now), now)
            return ActionResult({"State": "STARTED"})
        reports[account] = replace(report, asked=report.asked + 1)
        return ActionResult({"State": "COMPLETE" if report.asked else "INPROGRESS"})

    def get_credential_report(self) -> ActionResult:
        report = reports.get(self.backend.account_id)
        if report is None:
            raise error("ReportNotPresent", "Credential report not present")
        if report.expired(datetime.now(UTC)):
            raise error("ReportExpired", "Credential report expired")
        if not report.asked:
            raise error("ReportInProgress", "Credential report is being generated")
        return ActionResult(
            {
                "Content": report.content,
                "ReportFormat": "text/csv",
                "GeneratedTime": report.generated_at,
            }
        )


def _refused(response: Any, refusal: IAMException) -> Any:
    status, headers, body = response.serialized(ActionResult(refusal))
    headers, body = response._enrich_response({**headers, "status": status}, body)
    return int(headers["status"]), headers, body
