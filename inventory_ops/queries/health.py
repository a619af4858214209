"""Is what the product needs there? Used by /healthz and the status page."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import InterfaceError

SECONDS = 2


def database() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (DatabaseError, InterfaceError) as error:
        return f"unavailable ({type(error).__name__})"
    return None


def broker() -> str | None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
            client.ping()
    except redis.RedisError as error:
        return f"unavailable ({type(error).__name__})"
    return None


def migrations() -> str | None:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError) as error:
        return f"not known ({type(error).__name__})"
    return f"{len(plan)} to apply: run manage.py migrate" if plan else None


CHECKS: dict[str, Callable[[], str | None]] = {"database": database, "broker": broker, "migrations": migrations}


def problems() -> dict[str, str]:
    """What is wrong, by the name of the check; empty when all is well."""
    return {name: problem for name, check in CHECKS.items() if (problem := check())}
