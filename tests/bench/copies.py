"""The limit of loads: COPY of the same resulting rows into copies of the same tables, with their indexes and keys."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from tests.bench.measure import raw_connection, undone


class Copies:
    """Copies of tables, and the rows that a load leaves in them, kept in files.

    `rows` says of each table which of its rows are new, as a condition that may name `%(TABLE)s`, the highest id that
    a table with ids had before. Referenced tables come first; keys to a copied table lead to its copy.
    """

    def __init__(self, folder: Path, rows: Mapping[str, str]) -> None:
        self.folder, self.rows = folder, rows
        self.columns: dict[str, str] = {}
        for table in rows:
            _execute(f"drop table if exists {_copy(table)} cascade")
            _make_copy(table)
            found = _fetch(
                "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
                [table],
            )
            self.columns[table] = found[0][0]
            keys = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'f'"
            for (key,) in _fetch(keys, [table]):
                for other in rows:
                    key = key.replace(f"REFERENCES {other}(", f"REFERENCES {_copy(other)}(")
                _execute(f"alter table {_copy(table)} add {key}")

    def highest(self) -> dict[str, int]:
        """The highest id of each table that is asked by it, before a load."""
        return {
            table: _fetch(f"select coalesce(max(id), 0) from {table}", [])[0][0]
            for table in self.rows
            if any(f"%({table})s" in condition for condition in self.rows.values())
        }

    def keep(self, before: Mapping[str, int]) -> int:
        """Put what the load left into files, in its transaction; answers how many rows there are."""
        count = 0
        for table, condition in self.rows.items():
            query = f"select {self.columns[table]} from {table} where {condition % before if before else condition}"
            with (self.folder / table).open("wb") as out, raw_connection().cursor() as cursor:
                with cursor.copy(f"copy ({query}) to stdout") as copy:
                    for data in copy:
                        out.write(data)
                count += cursor.rowcount
        return count

    def copy(self) -> float:
        """Seconds of COPY of all that was kept, keys checked; then nothing is there any more."""
        with undone():
            start = time.perf_counter()
            for table in self.rows:
                statement = f"copy {_copy(table)} ({self.columns[table]}) from stdin"
                with (
                    (self.folder / table).open("rb") as rows,
                    raw_connection().cursor() as cursor,
                    cursor.copy(statement) as copy,
                ):
                    while data := rows.read(1 << 20):
                        copy.write(data)
            _execute("set constraints all immediate")
            return time.perf_counter() - start

    def drop(self) -> None:
        for table in reversed(self.rows):
            _execute(f"drop table if exists {_copy(table)} cascade")


def _make_copy(table: str, *, part: str = "") -> None:
    """A table of the same shape, with its partitions; `part` says of a partition of which copy it is one."""
    [(by,)] = _fetch("select pg_get_partkeydef(%s::regclass)", [table])
    shape = part or f"(like {table} including all)"
    _execute(f"create table {_copy(table)} {shape}{f' partition by {by}' if by else ''}")
    parts = (
        "select c.oid::regclass::text, pg_get_expr(c.relpartbound, c.oid) from pg_inherits i"
        " join pg_class c on c.oid = i.inhrelid where i.inhparent = %s::regclass"
    )
    for name, bound in _fetch(parts, [table]):
        _make_copy(name, part=f"partition of {_copy(table)} {bound}")


def _copy(table: str) -> str:
    return f"bench_{table}"


def _execute(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def _fetch(sql: str, params: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
