"""What we know of IAM users, in plain values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
QUARANTINE = "AWSCompromisedKeyQuarantine"
TAG_ID = "opsdash-disable-id"
TAG_AT = "opsdash-disabled-at"


class Kind(enum.StrEnum):
    """The kinds of credential that have a status; a console password has none."""

    ACCESS_KEY = "access_key"
    SSH_KEY = "ssh_key"
    CERTIFICATE = "certificate"
    SERVICE_CREDENTIAL = "service_credential"


@dataclass(frozen=True)
class Credential:
    kind: Kind
    id: str
    active: bool
    created_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.kind.value.replace('_', ' ')} {self.id}"


@dataclass(frozen=True)
class Subject:
    """Whom an action means. The UserId is the identity; IAM's calls take only the name."""

    account_id: str
    user_id: str
    user_name: str


@dataclass(frozen=True)
class LiveUser:
    """One user, read call by call just now."""

    account_id: str
    user_id: str
    user_name: str
    arn: str
    path: str
    created_at: datetime
    password_last_used_at: datetime | None
    has_password: bool
    credentials: tuple[Credential, ...]
    mfa_serials: tuple[str, ...]
    groups: tuple[str, ...]
    policies: tuple[str, ...]
    inline_policies: Mapping[str, str]
    boundary: str
    tags: Mapping[str, str]

    @property
    def denied(self) -> bool:
        """AWSDenyAll is attached to the user itself."""
        return DENY_ALL in self.policies

    @property
    def active(self) -> tuple[Credential, ...]:
        return tuple(credential for credential in self.credentials if credential.active)


@dataclass(frozen=True)
class KeyReading:
    """One access key; the credential report tells no ids, a live read does not tell the use."""

    active: bool
    rotated_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class CredentialReading:
    """What the credential report says of one user. None = AWS does not know or tell."""

    has_password: bool
    password_last_used_at: datetime | None
    has_mfa: bool
    keys: tuple[KeyReading, ...]
    certificates_active: int


@dataclass(frozen=True)
class UserReading:
    """One user as the bulk reads tell it. credentials is None when no report covers the user."""

    account_id: str
    user_id: str
    user_name: str
    arn: str
    path: str
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    group_policies: tuple[str, ...] = ()
    inline_policies: tuple[str, ...] = ()
    denied_inline: bool = False
    boundary: str = ""
    virtual_mfa: bool = False
    credentials: CredentialReading | None = None
