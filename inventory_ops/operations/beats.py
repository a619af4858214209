"""Any number of beats, of which one sends: it holds a lease in the database, and every task is claimed there first.

All times are the database's, so that a beat whose clock is wrong neither loses the lease nor sends too much. Where
another server leads, whose clock is behind, a lease that lasts longer than any is given is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

LEASE = timedelta(seconds=20)  # after which another beat leads when the holder is lost
_LEAD = """
insert into inventory_ops_beatlease as lease (id, holder, until)
values (1, %(holder)s, clock_timestamp() + %(lease)s * interval '1 second')
on conflict (id) do update set holder = excluded.holder, until = excluded.until
where lease.holder = excluded.holder or lease.until not between clock_timestamp() and excluded.until
returning holder
"""
_ADD = """
insert into inventory_ops_beatentry (name, sent_at)
select name, clock_timestamp() from unnest(%s::text[]) name
on conflict do nothing
"""
# What was sent in the future was sent by the clock of another server, which led before: it counts as sent now.
_LOAD = """
select name, sent_at, greatest(clock_timestamp() - sent_at, interval '0') from inventory_ops_beatentry
where name = any(%s)
"""
_CLAIM = """
update inventory_ops_beatentry set sent_at = clock_timestamp()
where name = %(name)s and sent_at = %(seen)s
  and exists (select from inventory_ops_beatlease where holder = %(holder)s and until > clock_timestamp())
returning sent_at
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """When a task was last sent, and how long ago that is."""

    at: datetime
    ago: timedelta


def lead(holder: str) -> bool:
    """Take or renew the lease. False: another beat has it."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAD, {"holder": holder, "lease": LEASE.total_seconds()})
        return cursor.fetchone() is not None


def give_up(holder: str) -> None:
    """Let another beat lead at once."""
    with connection.cursor() as cursor:
        cursor.execute("delete from inventory_ops_beatlease where holder = %s", [holder])


@transaction.atomic
def load(names: Sequence[str]) -> dict[str, Sent]:
    """When the tasks were last sent. One that is new counts as sent now: it is due after its interval."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [list(names)])
        cursor.execute(_LOAD, [list(names)])
        return {name: Sent(at, ago) for name, at, ago in cursor.fetchall()}


def claim(name: str, *, seen: datetime, holder: str) -> datetime | None:
    """May `holder` send the task that was last sent at `seen`? Answers when, or None: another beat did, or leads."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"name": name, "seen": seen, "holder": holder})
        row = cursor.fetchone()
        return row[0] if row else None


def take_back(name: str, *, claimed: datetime, seen: datetime) -> None:
    """The task could not be sent: it is due again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update inventory_ops_beatentry set sent_at = %s where name = %s and sent_at = %s", [seen, name, claimed]
        )
