"""One line of the audit log for each thing somebody did to an account."""

from __future__ import annotations

from typing import Any

from inventory_ops.models import AuditEvent, User


def write(action: str, *, by: User | None, subject: str, summary: str, data: dict[str, Any] | None = None) -> None:
    """subject is the identity's key; summary and data hold no secret."""
    AuditEvent.objects.create(
        actor_id=by.pk if by else None,
        actor=by.email if by else "",
        action=f"user_audit.{action}",
        subject_type="identity",
        subject_id=subject[:100],
        summary=summary[:500],
        data=data or {},
    )
