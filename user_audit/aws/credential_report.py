"""Reads the credential report. Its header decides; columns that we do not know are ignored."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from datetime import datetime

from .entities import CredentialReading, KeyReading
from .errors import ReportMalformed

ROOT = "<root_account>"
NOT_TOLD = frozenset({"", "N/A", "no_information", "not_supported"})
REQUIRED = (
    "user",
    "arn",
    "password_enabled",
    "password_last_used",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
)


def parse(content: str, arns: Collection[str]) -> dict[str, CredentialReading]:
    """The report's rows by user ARN, without the root row.

    arns: the users that GetAccountAuthorizationDetails told; a user name may hold a comma that
    the report does not quote, and only a known ARN tells where such a name ends.
    Raises ReportMalformed, naming the line, instead of guessing.
    """
    lines = csv.reader(io.StringIO(content))
    try:
        header = next(lines)
    except StopIteration:
        raise ReportMalformed("The credential report is empty.") from None
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise ReportMalformed(f"The credential report lacks the columns {', '.join(missing)}.")
    return dict(_rows(header, lines, set(arns)))


def _rows(header: list[str], lines: Iterator[list[str]], arns: set[str]) -> Iterator[tuple[str, CredentialReading]]:
    for number, fields in enumerate(lines, start=2):
        if not fields or fields[0] == ROOT:
            continue
        row = _row(header, fields, arns, number)
        try:
            yield row["arn"], _reading(row)
        except ValueError as error:
            raise ReportMalformed(f"Credential report, line {number}: {error}") from error


def _row(header: list[str], fields: list[str], arns: set[str], number: int) -> dict[str, str]:
    extra = len(fields) - len(header)
    if extra == 0:
        return dict(zip(header, fields, strict=True))
    # A comma in the name is in the ARN as well, so the surplus is even: two parts of equal length.
    # All columns but `user` and `arn` (the first two) hold no comma.
    if extra > 0 and header[:2] == ["user", "arn"]:
        left = fields[: 2 + extra]
        for cut in range(1, len(left)):
            user, arn = ",".join(left[:cut]), ",".join(left[cut:])
            if arn in arns and arn.endswith(f"/{user}"):
                return dict(zip(header, [user, arn, *fields[2 + extra :]], strict=True))
    raise ReportMalformed(
        f"Credential report, line {number}: {len(fields)} fields where the header has "
        f"{len(header)}, and no known user explains it."
    )


def _reading(row: dict[str, str]) -> CredentialReading:
    keys = [_key(row, "access_key_1"), _key(row, "access_key_2")]
    certificates = [row.get("cert_1_active"), row.get("cert_2_active")]
    return CredentialReading(
        has_password=_flag(row["password_enabled"]),
        password_last_used_at=_moment(row["password_last_used"]),
        has_mfa=_flag(row["mfa_active"]),
        keys=tuple(key for key in keys if key is not None),
        certificates_active=sum(_flag(value or "") for value in certificates),
    )


def _key(row: dict[str, str], prefix: str) -> KeyReading | None:
    rotated_at = _moment(row[f"{prefix}_last_rotated"])
    active = _flag(row[f"{prefix}_active"])
    if rotated_at is None and not active:
        return None  # there is no such key
    return KeyReading(active, rotated_at, _moment(row[f"{prefix}_last_used_date"]))


def _flag(value: str) -> bool:
    return value.lower() == "true"


def _moment(value: str) -> datetime | None:
    if value in NOT_TOLD:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment
