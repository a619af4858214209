"""The suite's own databases on the same server; the product's own is never touched.

The generated one is a template: each run works on a copy that is dropped after it, so that a second run meets the same
data as the first and not a million write-offs more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg import sql

from tests.bench import generate
from tests.bench.job import discover
from tests.bench.scale import Scale

KEPT = timedelta(days=3)  # windows of reports end now: older data would leave them empty


def name_of(scale: Scale) -> str:
    return f"inventory_ops_bench_{scale.name.lower()}"


@contextmanager
def entered(
    scale: Scale, *, fresh: bool = False, keep: bool = True, tell: Callable[[str], None] = lambda text: None
) -> Iterator[None]:
    """Let the default connection lead to a copy of the generated data for a block; generate them first if need be.

    With `keep`, the generated data (not the copy) stay for the next run.
    """
    discover()  # whose step is not known would leave its tables empty
    template, copy = name_of(scale), f"{name_of(scale)}_run"
    if fresh or not _is_usable(template, scale):
        _drop(template)
        _create(template)
    try:
        with default_leads_to(template):
            call_command("migrate", verbosity=0, interactive=False)
            if not _comment(template):
                generate.run(scale, tell=tell)
                mark = json.dumps({"scale": scale.name, "version": generate.VERSION, "at": timezone.now().isoformat()})
                _execute(sql.SQL("comment on database {} is {}").format(sql.Identifier(template), sql.Literal(mark)))
            else:
                generate.refresh()
        _drop(copy)
        _create(copy, template=template)
        with default_leads_to(copy):
            yield
    finally:
        _drop(copy)
        if not keep:
            _drop(template)


@contextmanager
def default_leads_to(name: str) -> Iterator[None]:
    """Let the default connection lead to another database of the same server for a block."""
    connection = connections["default"]
    home = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home


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


def _create(name: str, *, template: str = "template1") -> None:
    # file by file: through the write-ahead log every page would be written twice
    statement = sql.SQL("create database {} template {} strategy file_copy")
    _execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _drop(name: str) -> None:
    connections["default"].close()
    _execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
