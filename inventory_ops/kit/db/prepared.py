"""Statements that the server plans once a connection, for what is done one by one and often.

Django binds parameters on this side, so each execution is parsed and planned anew; for a statement over ten tables that
is most of its time. These are prepared by the protocol, which PgBouncer passes on since 1.21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import psycopg
from django.db import connection

ALWAYS = 0  # prepared at the first execution; Django's own cursors never are


def fetch_prepared(sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a constant statement in the current transaction and answer its rows. Write a cast at each parameter.

    Raises Django's database errors.
    """
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    raw.prepare_threshold = ALWAYS
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        cursor.execute(cast("Any", sql), params)
        return cursor.fetchall()
