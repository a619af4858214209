"""How large is a table? By PostgreSQL's own estimate."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.db import connection, connections, router

LARGE = 50_000  # rows that are counted and summed up in well under 20 ms
ASKED_AGAIN_AFTER = 300.0

_known: dict[tuple[str, str], tuple[float, bool]] = {}


def is_large(model: type[Any]) -> bool:
    """Has the model's table (with its partitions) more than LARGE rows? May be some minutes old."""
    alias = router.db_for_read(model)
    table = model._meta.db_table
    # the database's name: tests and the benchmark change it under the same alias
    key = (f"{alias}:{connections[alias].settings_dict['NAME']}", table)
    asked_at, answer = _known.get(key, (-ASKED_AGAIN_AFTER, False))
    if time.monotonic() - asked_at >= ASKED_AGAIN_AFTER:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "select coalesce(sum(greatest(reltuples, 0)), 0) from pg_class where relkind = 'r'"
                " and (oid = %s::regclass or oid in (select relid from pg_partition_tree(%s::regclass)))",
                [table, table],
            )
            answer = cursor.fetchone()[0] > LARGE
        _known[key] = (time.monotonic(), answer)
    return answer


def outgrown(tables: Iterable[str], rows: int, *, share: float) -> list[str]:
    """Those of `tables` that are larger by more than a share, with `rows` changed rows, than the planner knows.

    Of a partitioned table it knows what it was when somebody last asked for its statistics: autovacuum never does, it
    sees to the partitions alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """select t.name from unnest(%s::text[]) t (name)
               join pg_class c on c.oid = t.name::regclass
               cross join lateral (
                   select coalesce(sum(greatest(l.reltuples, 0)), 0) as rows from pg_class l where l.relkind = 'r'
                   and (l.oid = c.oid or l.oid in (select relid from pg_partition_tree(c.oid)))) now
               cross join lateral (
                   select case c.relkind when 'p' then greatest(c.reltuples, 0) else now.rows end as rows) known
               where now.rows + %s - known.rows > %s * known.rows""",
            [list(tables), rows, share],
        )
        return [name for (name,) in cursor.fetchall()]
