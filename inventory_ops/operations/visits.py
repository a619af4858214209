"""Keeping when a person last looked at a report."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from inventory_ops.models import User

GAP = timedelta(minutes=30)  # without a look: then a new visit begins

# one statement: two tabs at once take turns at the row, and both are told the same
LOOK = """
insert into inventory_ops_reportvisit as v (user_id, report, latest_at, since)
values (%(user)s, %(report)s, %(now)s, null)
on conflict (user_id, report) do update
set since = case when v.latest_at < %(before)s then v.latest_at else v.since end,
    latest_at = greatest(v.latest_at, %(now)s)
returning since
"""


def look(*, user: User, report: str, now: datetime) -> datetime | None:
    """The person looks at the report; when their visit before this one ended, None in the first."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"user": user.pk, "report": report, "now": now, "before": now - GAP})
        since: datetime | None = cursor.fetchone()[0]
        return since
