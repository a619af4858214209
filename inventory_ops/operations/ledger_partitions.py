"""Month partitions of the Events Ledger."""

from __future__ import annotations

from datetime import date

from django.db import connection

MONTHS_AHEAD = 6


def make_ahead(*, today: date) -> int:
    """Make the partitions of this month and the next six where they are missing; answers how many were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select count(*) filter (where inventory_ops_make_ledger_partition(
                (date_trunc('month', %s::date) + n * interval '1 month')::date))
            from generate_series(0, %s) n
            """,
            [today, MONTHS_AHEAD],
        )
        return int(cursor.fetchone()[0])
