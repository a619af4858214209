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
    """Those of `tables` of which `rows` changed rows are more than a share: the planner knows them as they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select t.name from unnest(%s::text[]) t (name)
               where %s > %s * (select coalesce(sum(greatest(c.reltuples, 0)), 0) from pg_class c where c.relkind = 'r'
                   and (c.oid = t.name::regclass
                        or c.oid in (select relid from pg_partition_tree(t.name::regclass))))""",
            [list(tables), rows, share],
        )
        return [name for (name,) in cursor.fetchall()]
