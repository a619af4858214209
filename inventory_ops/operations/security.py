"""The security log: what happened to accounts, in the audit log's chain. It holds no password, code, key or token."""

from __future__ import annotations

from typing import Any

import structlog

from inventory_ops.models import User
from inventory_ops.models.audit import Security
from inventory_ops.operations import audit


def record(
    what: Security, *, user: User | None, by: User | None = None, summary: str = "", data: dict[str, Any] | None = None
) -> None:
    """Append one event about the account `user` (None: one that does not exist), with the address of the request."""
    address = structlog.contextvars.get_contextvars().get("client", "")
    audit.record(
        action=what.value,
        by=by,
        subject=user,
        summary=summary or (user.email if user else ""),
        data=(data or {}) | ({"address": str(address)} if address else {}),
    )
