"""Locks of PostgreSQL that are held by name, not by row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

TRIED_EVERY = 0.2  # seconds


def wait_for(name: str) -> None:
    """Hold `name` until the transaction at hand ends, after whoever holds it now."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def session_lock(name: str, *, patience: float = 0) -> Iterator[bool]:
    """Hold `name` for this connection, across transactions; False when another one holds it: do nothing then.

    `patience` are seconds to try for. Freed at the end, and by the server itself when the connection is lost.
    """
    deadline = time.monotonic() + patience
    while not (held := _try(name)) and time.monotonic() < deadline:
        time.sleep(TRIED_EVERY)
    try:
        yield held
    finally:
        if held:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])
            except DatabaseError:
                connection.close()  # a connection whose lock cannot be given back is not used again


def _try(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])
