"""Writing the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import connection, models

from inventory_ops.models import User


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


# Columns as arrays: with a value of each event by itself, sending and parsing takes twice as long as writing. The
# database writes the digest.
_APPEND = """
insert into inventory_ops_auditevent (actor_id, actor, action, request_id, subject_type, subject_id, merchant_id,
    summary, data, digest)
select %s, %s, %s, %s, e.subject_type, e.subject_id, e.merchant_id, e.summary, e.data::jsonb, ''
from unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])
    with ordinality e(subject_type, subject_id, merchant_id, summary, data, place)
order by e.place
"""


def record_many(*, action: str, by: User | None, entries: Iterable[Entry]) -> None:
    """Append one event of the same action for each entry, in one statement. See `record`."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    found = [
        (
            each.subject._meta.model_name if each.subject else "",
            str(each.subject.pk) if each.subject else "",
            each.merchant_id,
            each.summary[:500],
            json.dumps(dict(each.data)),
        )
        for each in entries
    ]
    if found:
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*found, strict=True)]
            cursor.execute(_APPEND, [by.pk if by else None, by.email if by else "", action, request_id, *columns])
