"""The suite's own database on the same server: made, filled, entered, dropped. The product's own is never touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg import sql

from inventory_ops.bench import generate
from inventory_ops.bench.scale import Scale

KEPT = timedelta(days=3)  # windows of reports end now: older data would leave them empty


def name_of(scale: Scale) -> str:
    return f"inventory_ops_bench_{scale.name.lower()}"


@contextmanager
def entered(
    scale: Scale, *, fresh: bool = False, keep: bool = True, tell: Callable[[str], None] = lambda text: None
) -> Iterator[None]:
    """Let the default connection lead to the suite's database for a block; fill it first unless that was done."""
    connection = connections["default"]
    home, target = connection.settings_dict["NAME"], name_of(scale)
    if fresh or not _is_usable(target, scale):
        _drop(target)
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("create database {}").format(sql.Identifier(target)).as_string(None))
    connection.close()
    connection.settings_dict["NAME"] = target
    try:
        call_command("migrate", verbosity=0, interactive=False)
        if not _comment(target):
            generate.run(scale, tell=tell)
            mark = json.dumps({"scale": scale.name, "version": generate.VERSION, "at": timezone.now().isoformat()})
            _execute(sql.SQL("comment on database {} is {}").format(sql.Identifier(target), sql.Literal(mark)))
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        if not keep:
            _drop(target)


def _execute(statement: sql.Composed) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement.as_string(None))


def _comment(name: str) -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select coalesce(shobj_description(oid, 'pg_database'), '') from pg_database where datname = %s", [name]
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _is_usable(name: str, scale: Scale) -> bool:
    try:
        made = json.loads(_comment(name))
    except ValueError:
        return False
    fresh_since = (timezone.now() - KEPT).isoformat()
    return bool(made["version"] == generate.VERSION and made["scale"] == scale.name and made["at"] > fresh_since)


def _drop(name: str) -> None:
    connections["default"].close()
    _execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
