"""The rows of a report's table beside those of its live query."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from inventory_ops.kit.reports.scope import BEGINNING, parse_window
from inventory_ops.operations import issues
from inventory_ops.queries import shipping
from inventory_ops.queries.issues import TABLES


def table_rows(slug: str) -> list[tuple[Any, ...]]:
    table = TABLES[slug]
    rows: Any = table.model.objects  # type: ignore[attr-defined]
    return sorted(rows.values_list(*table.identity, *table.columns))


def live_rows(slug: str, as_of: datetime) -> list[tuple[Any, ...]]:
    table = TABLES[slug]
    names = [*table.identity, *table.columns]
    if table.periods:  # one live query each, though the table is read by one for all
        found = []
        for period in table.periods:
            after = parse_window(period, as_of=as_of.astimezone(UTC)).start if period else BEGINNING
            live = shipping.not_shipped_by_product(viewer=None, as_of=as_of, after=after, until=as_of)
            found += [tuple((row | {"period": period})[name] for name in names) for row in live]
        return sorted(found)
    sql, params = table.live(as_of, None)
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(names)} from ({sql}) d", params)
        return sorted(cursor.fetchall())


def assert_right(as_of: datetime, step: Any = "") -> None:
    """Refresh, and compare every table with its live query."""
    assert issues.refresh(as_of=as_of) == as_of
    for slug in TABLES:
        assert table_rows(slug) == live_rows(slug, as_of), (slug, step)
