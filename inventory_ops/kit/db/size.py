"""Is a table large? By PostgreSQL's own estimate, asked once in a while."""

from __future__ import annotations

import time
from typing import Any

from django.db import connections, router

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
                " and (oid = %s::regclass or oid in (select inhrelid from pg_inherits where inhparent = %s::regclass))",
                [table, table],
            )
            answer = cursor.fetchone()[0] > LARGE
        _known[key] = (time.monotonic(), answer)
    return answer
