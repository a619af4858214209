"""Writing the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import models

from inventory_ops.models import AuditEvent, User


def record(
    *,
    action: str,
    by: User | None,
    subject: models.Model | None = None,
    summary: str = "",
    data: Mapping[str, Any] | None = None,
    merchant_id: int | None = None,
) -> None:
    """Append one event: `action` is subject.verb, `by` None is the system. Call it inside the operation's transaction.

    The database numbers and chains the rows. A writer holds the end of its strand of the chain until it commits, and
    strands are few: written last in a transaction, nobody has to wait for one.
    """
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                action=action,
                actor_id=by.pk if by else None,
                actor=by.email if by else "",
                subject_type=subject._meta.model_name or "" if subject else "",
                subject_id=str(subject.pk) if subject else "",
                merchant_id=merchant_id,
                summary=summary[:500],
                data=dict(data or {}),
                request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
                digest=b"",  # the database writes it
            )
        ]
    )
