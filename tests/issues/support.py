"""The rows of a report's table beside those of its live query."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from inventory_ops.operations import issues
from inventory_ops.queries.issues import TABLES


def table_rows(slug: str) -> list[tuple[Any, ...]]:
    table = TABLES[slug]
    return list(table.model.objects.order_by("pk").values_list(*table.columns))  # type: ignore[attr-defined]


def live_rows(slug: str, as_of: datetime) -> list[tuple[Any, ...]]:
    table = TABLES[slug]
    sql, params = table.definition(as_of)
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(table.columns)} from ({sql}) d order by {table.key}", params)
        return cursor.fetchall()


def assert_right(as_of: datetime, step: Any = "") -> None:
    """Refresh, and compare every table with its live query."""
    assert issues.refresh(as_of=as_of) == as_of
    for slug in TABLES:
        assert table_rows(slug) == live_rows(slug, as_of), (slug, step)
