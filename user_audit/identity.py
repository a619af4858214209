"""How a reading of AWS becomes what we keep: e-mail, denial, protection. One place for scan and live read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from user_audit.aws.entities import ADMINISTRATOR, DENY_ALL, QUARANTINE, CredentialReading, LiveUser, UserReading
from user_audit.aws.scan import credential_reading, denies_everything
from user_audit.models import IamUser

PROTECTED_PATHS = ("/break-glass/", "/service/")
BREAK_GLASS_TAG = "break-glass"


def email_digest(email: str) -> str:
    """A keyed digest by which a deleted account is recognised without keeping its e-mail."""
    return salted_hmac("user_audit.email", email.strip().lower(), algorithm="sha256").hexdigest() if email else ""


def email_of(user_name: str, tags: Mapping[str, str]) -> str:
    """The e-mail that an IAM user stands for: its tag `email`, else a name that is one, else ''."""
    by_lower = {key.lower(): value for key, value in tags.items()}
    found = by_lower.get("email", "").strip() or (user_name if "@" in user_name else "")
    return found.lower()[:254]


def protected_because(*, arn: str, path: str, tags: Mapping[str, str], own_arns: Collection[str]) -> str:
    """Why no action may touch this IAM user, or ''."""
    by_lower = {key.lower(): value for key, value in tags.items()}
    if arn in own_arns:
        return "This application signs its calls with it"
    if by_lower.get(BREAK_GLASS_TAG, "").lower() == "true":
        return "Tagged break-glass"
    for prefix in PROTECTED_PATHS:
        if path.startswith(prefix):
            return f"Path {prefix}"
    return ""


def snapshot_row(scan_id: int, user: UserReading, own_arns: Collection[str]) -> list[Any]:
    """One row for the staging table, in the order of reconcile.COLUMNS."""
    import json

    fields = _common(user.user_name, user.arn, user.path, user.tags, own_arns)
    known = user.credentials
    return [
        scan_id,
        user.user_id,
        user.user_name,
        user.arn,
        user.path,
        user.created_at,
        fields["email"],
        fields["email_digest"],
        json.dumps(dict(user.tags)),
        list(user.groups),
        list(user.policies),
        list(user.inline_policies),
        user.boundary,
        _deny(DENY_ALL in user.policies, DENY_ALL in user.group_policies, user.denied_inline),
        ADMINISTRATOR in (*user.policies, *user.group_policies),
        any(QUARANTINE in arn for arn in user.policies),
        fields["protected_because"],
        known is not None,
        known.has_password if known else False,
        user.virtual_mfa or (known.has_mfa if known else False),
        known.password_last_used_at if known else None,
        *(_counts(known) if known else (0, 0, None, None)),
    ]


def live_fields(live: LiveUser, own_arns: Collection[str], now: datetime) -> dict[str, Any]:
    """The same facts from a live read, as fields of IamUser. What only the bulk read tells is not among them."""
    reading = credential_reading(live)
    keys, others, oldest, _ = _counts(reading)
    inline = any(denies_everything(document) for document in live.inline_policies.values())
    return {
        **_common(live.user_name, live.arn, live.path, live.tags, own_arns),
        "user_name": live.user_name,
        "arn": live.arn,
        "path": live.path,
        "tags": dict(live.tags),
        "groups": list(live.groups),
        "policies": list(live.policies),
        "inline_policies": sorted(live.inline_policies),
        "boundary": live.boundary,
        "deny": _deny(live.denied, False, inline),
        "is_quarantined": any(QUARANTINE in arn for arn in live.policies),
        "credentials_known": True,
        "credentials_at": now,
        "has_password": live.has_password,
        "has_mfa": bool(live.mfa_serials),
        "active_key_count": keys,
        "active_other_count": others,
        "oldest_key_at": oldest,
        "read_at": now,
        "gone_at": None,
    }


def _common(user_name: str, arn: str, path: str, tags: Mapping[str, str], own_arns: Collection[str]) -> dict[str, str]:
    email = email_of(user_name, tags)
    because = protected_because(arn=arn, path=path, tags=tags, own_arns=own_arns)
    if not because and email in settings.USER_AUDIT_PROTECTED:
        because = "Listed in USER_AUDIT_PROTECTED"
    return {"email": email, "email_digest": email_digest(email), "protected_because": because}


def _deny(managed: bool, group: bool, inline: bool) -> str:
    if managed:
        return IamUser.Deny.MANAGED
    if group:
        return IamUser.Deny.GROUP
    return IamUser.Deny.INLINE if inline else IamUser.Deny.NONE


def _counts(reading: CredentialReading) -> tuple[int, int, datetime | None, datetime | None]:
    active = [key for key in reading.keys if key.active]
    oldest = min((key.rotated_at for key in active if key.rotated_at), default=None)
    used = max((key.last_used_at for key in active if key.last_used_at), default=None)
    return len(active), reading.certificates_active, oldest, used
