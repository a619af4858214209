"""Locks of PostgreSQL that are held by name, not by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection


@contextmanager
def session_lock(name: str) -> Iterator[bool]:
    """Hold `name` for this connection, across transactions; False when another one holds it: do nothing then.

    Freed at the end, and by the server itself when the connection is lost.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])
            except DatabaseError:
                connection.close()  # a connection whose lock cannot be given back is not used again
