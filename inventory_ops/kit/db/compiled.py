"""The SQL of a queryset, for statements that are built around it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet


def sql_of(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """A statement and its parameters, even of rows that Django knows to be none, as of a filter beyond the numbers of
    its column."""
    sql, params = rows.query.get_compiler(rows.db, elide_empty=False).as_sql()
    return sql, tuple(params)
