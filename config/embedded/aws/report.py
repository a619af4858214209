"""The credential report as AWS builds it: a frozen CSV with a root row and its own time."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.iam.models import IAMBackend

LIFETIME = timedelta(hours=4)  # AWS builds a new report at most every four hours
COLUMNS = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
]


@dataclass(frozen=True)
class Report:
    content: str
    generated_at: datetime
    asked: int = 0  # GenerateCredentialReport calls since it was begun: the first says STARTED

    def expired(self, now: datetime) -> bool:
        return now - self.generated_at >= LIFETIME


def build(account: IAMBackend, now: datetime) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    root = f"arn:aws:iam::{account.account_id}:root"
    writer.writerow(
        ["<root_account>", root, _moment(now - timedelta(days=1500)), "not_supported"]
        + ["no_information", "not_supported", "not_supported", "true"]
        + ["false", "N/A", "N/A", "N/A", "N/A"] * 2
        + ["false", "N/A"] * 2
    )
    for user in account.users.values():
        writer.writerow(_row(user))
    return out.getvalue()


def _row(user: Any) -> list[str]:
    if user.password:
        changed = _moment(getattr(user, "password_changed_at", None) or user.create_date)
        password = [
            "true",
            _moment(user.password_last_used, "no_information"),
            changed,
            "N/A",
        ]
    else:
        password = ["false", "N/A", "N/A", "N/A"]
    row = [user.name, user.arn, _moment(user.create_date), *password]
    row.append("true" if user.mfa_devices else "false")
    for key in (*user.access_keys, None, None)[:2]:
        row += _key(key)
    certificates = list(user.signing_certificates.values())
    for certificate in (*certificates, None, None)[:2]:
        if certificate is None:
            row += ["false", "N/A"]
        else:
            active = "true" if certificate.status == "Active" else "false"
            row += [active, _moment(certificate.upload_date)]
    return row


def _key(key: Any) -> list[str]:
    if key is None:
        return ["false", "N/A", "N/A", "N/A", "N/A"]
    active = "true" if key.status == "Active" else "false"
    if key.last_used is None:
        return [active, _moment(key.create_date), "N/A", "N/A", "N/A"]
    used = key.last_used
    return [
        active,
        _moment(key.create_date),
        _moment(used.timestamp),
        used.region,
        used.service,
    ]


def _moment(value: Any, missing: str = "N/A") -> str:
    if value is None:
        return missing
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
