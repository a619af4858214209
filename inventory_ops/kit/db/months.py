"""Month partitions of a large table: made ahead, filled from the partition for all other dates, dropped when empty.

Functions of the database do each, in the owner's name (`sql/ledger.sql`, `sql/order_months.sql`): the role that the
product runs as owns no table. A month that somebody uses is left for the next night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import structlog
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

log = structlog.get_logger(__name__)

MONTHS_AHEAD = 6


@dataclass(frozen=True, slots=True)
class Months:
    """The months of a partitioned table. `prefix` and YYYYMM are a month's name; `make` and `drop` are functions of the
    database that take a day of the month."""

    parent: str
    prefix: str
    make: str
    drop: str

    def make_ahead(self, *, today: date) -> int:
        """Make this month and the next six where they are missing; answers how many were made."""
        return sum(self.make_month(month) for month in _months_from(today))

    def make_month(self, month: date) -> bool:
        """Make a month if it is missing; False when it is there, or in use."""
        return self._try(self.make, month)

    def drop_empty(self, *, today: date) -> list[str]:
        """Drop past months that hold no row; answers their names.

        Dropping needs the table for itself: where that is not to be had at once, the next night tries again.
        """
        this_month = f"{self.prefix}{today:%Y%m}"
        past = [name for name in self.names() if name < this_month]
        return [name for name in past if self._try(self.drop, _month_of(name))]

    def names(self) -> Sequence[str]:
        """Names of the months that there are."""
        with connection.cursor() as cursor:
            cursor.execute(
                "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
                " where i.inhparent = %s::regclass and c.relname ~ %s order by 1",
                [self.parent, rf"^{self.prefix}\d{{6}}$"],
            )
            return [row[0] for row in cursor.fetchall()]

    def _try(self, function: str, month: date) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"select {function}(%s)", [month])
                return bool(cursor.fetchone()[0])
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            log.warning("month_in_use", partition=f"{self.prefix}{month:%Y%m}")
            return False


def _months_from(today: date) -> list[date]:
    months = [today.year * 12 + today.month - 1 + n for n in range(MONTHS_AHEAD + 1)]
    return [date(each // 12, each % 12 + 1, 1) for each in months]


def _month_of(name: str) -> date:
    return date(int(name[-6:-2]), int(name[-2:]), 1)
