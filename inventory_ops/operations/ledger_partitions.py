"""Month partitions of the Events Ledger: made ahead, and dropped when their month went by without an event.

A month with events is never dropped here: balances are the sum of all events.
"""

from __future__ import annotations

from datetime import date

import structlog
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

log = structlog.get_logger(__name__)

MONTHS_AHEAD = 6
PREFIX = "inventory_ops_inventoryevent_"


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


def drop_empty(*, today: date) -> list[str]:
    """Drop the partitions of past months that hold no event; answers their names.

    Dropping needs the table for itself: where that is not to be had at once, the next night tries again.
    """
    this_month = f"{PREFIX}{today:%Y%m}"
    with connection.cursor() as cursor:
        cursor.execute(
            r"""
            select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'inventory_ops_inventoryevent'::regclass and c.relname ~ %s and c.relname < %s
            order by 1
            """,
            [rf"^{PREFIX}\d{{6}}$", this_month],
        )
        past = [row[0] for row in cursor.fetchall()]
    return [name for name in past if _drop_if_empty(name)]


def _drop_if_empty(name: str) -> bool:
    month = date(int(name[-6:-2]), int(name[-2:]), 1)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select inventory_ops_drop_ledger_partition(%s)", [month])
            return bool(cursor.fetchone()[0])
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        log.warning("ledger_partition_not_dropped", partition=name)
        return False
