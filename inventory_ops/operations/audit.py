"""Writing the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
    record_many(action=action, by=by, entries=[Entry(subject, summary, data or {}, merchant_id)])


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line of the log says of one thing."""

    subject: models.Model | None
    summary: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    merchant_id: int | None = None


def record_many(*, action: str, by: User | None, entries: Iterable[Entry]) -> None:
    """Append one event of the same action for each entry, in one statement. See `record`."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                action=action,
                actor_id=by.pk if by else None,
                actor=by.email if by else "",
                subject_type=each.subject._meta.model_name or "" if each.subject else "",
                subject_id=str(each.subject.pk) if each.subject else "",
                merchant_id=each.merchant_id,
                summary=each.summary[:500],
                data=dict(each.data),
                request_id=request_id,
                digest=b"",  # the database writes it
            )
            for each in entries
        ]
    )
