"""The disable record: what was active when we disabled a user, and so what Enable gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .entities import Credential, LiveUser


@dataclass(frozen=True)
class DisableRecord:
    """active: the credentials that were active, as they were before our first write.

    enabling: an Enable has begun and not ended. deny_preexisting: AWSDenyAll was not ours.
    """

    id: str
    user_id: str
    taken_at: datetime
    active: tuple[Credential, ...]
    inactive: tuple[Credential, ...]
    had_password: bool
    deny_preexisting: bool
    enabling: bool = False


class Records(Protocol):
    """Keeps disable records. Each call must be durable when it returns."""

    def current(self, user_id: str) -> DisableRecord | None:
        """The open record of this UserId."""

    def open(self, live: LiveUser) -> DisableRecord:
        """A new record of what is active now. Only called when none is open."""

    def abandon(self, record: DisableRecord) -> None:
        """Nothing was changed in AWS: the record is void."""

    def enabling(self, record: DisableRecord) -> DisableRecord:
        """An Enable has begun."""

    def close(self, record: DisableRecord) -> None:
        """The Enable is complete."""


class Archive(Protocol):
    """Keeps what a deleted user was. Durable when it returns; never holds a secret."""

    def begun(self, user_id: str) -> Mapping[str, object] | None:
        """The archive of this UserId when a delete has begun."""

    def keep(self, live: LiveUser) -> Mapping[str, object]:
        """Writes the archive: from here a delete only goes forward."""


def archived(live: LiveUser) -> dict[str, object]:
    """A user as plain JSON values: names, ids and policies, no secrets."""
    return {
        "account_id": live.account_id,
        "user_id": live.user_id,
        "user_name": live.user_name,
        "arn": live.arn,
        "created_at": live.created_at.isoformat(),
        "had_password": live.has_password,
        "credentials": [{"kind": c.kind.value, "id": c.id, "active": c.active} for c in live.credentials],
        "mfa_serials": list(live.mfa_serials),
        "groups": list(live.groups),
        "policies": list(live.policies),
        "inline_policies": dict(live.inline_policies),
        "boundary": live.boundary,
        "tags": dict(live.tags),
    }
