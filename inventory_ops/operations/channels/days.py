"""What a channel took on each day, kept for the picture of its lag and failures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from inventory_ops.models import Channel

ADD = """
insert into inventory_ops_channelday as d (channel_id, day, sent, rejected, failures, longest_wait)
values (%(channel)s, (%(now)s at time zone 'UTC')::date, %(sent)s, %(rejected)s, %(failed)s,
        %(seconds)s::float * interval '1 second')
on conflict (channel_id, day) do update set sent = d.sent + excluded.sent, rejected = d.rejected + excluded.rejected,
    failures = d.failures + excluded.failures, longest_wait = greatest(d.longest_wait, excluded.longest_wait)
"""


def add(channel: Channel, *, sent: int, rejected: int, failed: bool, waited: timedelta | None, now: datetime) -> None:
    """Add a round to the day; one in which nothing happened adds nothing."""
    if not (sent or rejected or failed):
        return
    values: dict[str, Any] = {"channel": channel.pk, "now": now, "sent": sent, "rejected": rejected}
    values |= {"failed": int(failed), "seconds": waited.total_seconds() if waited is not None else None}
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
