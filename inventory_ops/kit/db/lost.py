"""Is it the database that is away, or did a statement fail?"""

from __future__ import annotations

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections

# statements that go past Django (COPY) raise the driver's own errors
LOST = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def is_lost(error: BaseException | None, *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Does this error of a statement say that the database cannot be reached?

    Also any other error of the database that left no connection behind: one that breaks in the middle of a statement
    is sometimes reported by what is missing of the answer.
    """
    if isinstance(error, LOST):
        return True
    raw = connections[using].connection
    return isinstance(error, DatabaseError | psycopg.Error) and (raw is None or bool(raw.closed))
