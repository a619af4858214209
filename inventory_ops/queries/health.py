"""Is what the product needs there? Used by /healthz and the status page."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.db import DatabaseError, connection
from django.db.utils import InterfaceError

from inventory_ops.kit import broker as messages
from inventory_ops.kit.db import migrations as names


def database() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (DatabaseError, InterfaceError) as error:
        return f"unavailable ({type(error).__name__})"
    return None


def broker() -> str | None:
    try:
        messages.client().ping()
    except redis.RedisError as error:
        return f"unavailable ({type(error).__name__})"
    return None


def migrations() -> str | None:
    try:
        missing = len(names.missing())
    except (DatabaseError, InterfaceError) as error:
        return f"not known ({type(error).__name__})"
    return f"{missing} to apply: run manage.py migrate" if missing else None


CHECKS: dict[str, Callable[[], str | None]] = {"database": database, "broker": broker, "migrations": migrations}


def problems() -> dict[str, str]:
    """What is wrong, by the name of the check; empty when all is well."""
    return {name: problem for name, check in CHECKS.items() if (problem := check())}
