"""Puts a table of another shape in the place of one that is in use, in batches, so that it can be broken off.

The next table is filled beside the present one: a trigger mirrors what is written meanwhile, batches copy what was
there before, and one short lock at the end exchanges the two. All rows can be read and written throughout. Broken off,
the same call goes on where it stopped: what is done is in the database itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

BATCH = 5_000
LOCK_SECONDS = 2  # nobody waits longer for a lock of ours
TRIES = 60


class CannotRebuild(RuntimeError):
    """The present table stays as it is; the message says why, and the call can be repeated."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """`make` creates the next table, by the name that it is given, with its primary key and partitions but without
    other indexes, foreign keys and triggers: those are taken over, but for unique ones. `identity` are columns by which
    a row is found in both; `with_constraints` are names and definitions of those that the next table has besides.
    """

    table: str
    make: Callable[[str], None]
    identity: tuple[str, ...]
    with_constraints: tuple[tuple[str, str], ...] = ()
    batch: int = BATCH

    @property
    def next(self) -> str:
        return f"{self.table}_next"

    def run(self) -> int:
        """Do what is still to do; answers how many rows this call copied. Raises CannotRebuild."""
        if not _one("select to_regclass(%s) is not null", self.next):
            self._patiently(self._prepare)
        copied = self._copy()
        connection.cursor().execute(f"analyze {self.next}")
        self._compare()
        self._patiently(self._exchange)
        return copied

    def _patiently(self, step: Callable[[], None]) -> None:
        """Run a step in a transaction that waits for no lock for long; try again while others hold it."""
        for _attempt in range(TRIES):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
                    step()
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
            time.sleep(1)
        raise CannotRebuild(f"{self.table} is in use all the time: run this again when less happens.")

    def _prepare(self) -> None:
        self.make(self.next)
        with connection.cursor() as cursor:
            cursor.execute(
                "select c.relname, pg_get_indexdef(i.indexrelid)"
                " from pg_index i join pg_class c on c.oid = i.indexrelid"
                " where i.indrelid = %s::regclass and not i.indisunique",
                [self.table],
            )
            for name, definition in cursor.fetchall():
                made = definition.replace(f" {name} ON ", f" {name}_next ON ", 1)
                cursor.execute(made.replace(f".{self.table} ", f".{self.next} ", 1))
            for name, definition in self.with_constraints:
                cursor.execute(f"alter table {self.next} add constraint {name}_next {definition}")
            cursor.execute(
                "select conname, pg_get_constraintdef(oid) from pg_constraint"
                " where conrelid = %s::regclass and contype = 'f' and conparentid = 0",
                [self.table],
            )
            for name, definition in cursor.fetchall():
                cursor.execute(f"alter table {self.next} add constraint {name} {definition}")
            cursor.execute(self._mirror())
            cursor.execute(f"comment on table {self.next} is '0'")

    def _mirror(self) -> str:
        same = " and ".join(f"{column} = old.{column}" for column in self.identity)
        return f"""
            create function {self.next}_mirror() returns trigger language plpgsql security definer
            set search_path to 'public', 'pg_temp' as $$
            begin
                if tg_op <> 'INSERT' then delete from {self.next} where {same}; end if;
                if tg_op <> 'DELETE' then insert into {self.next} select (new).*; end if;
                return null;
            end $$;
            create trigger zz_mirror after insert or update or delete on {self.table}
                for each row execute function {self.next}_mirror();
        """

    def _copy(self) -> int:
        """Copy what was there before the mirror; how far it came is the comment of the next table."""
        copied = 0
        at = int(_one("select obj_description(%s::regclass)", self.next) or 0)
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                # locked first: what is read after it is what rivals left, and nobody changes it before the commit
                cursor.execute(
                    f"select max(id) from (select id from {self.table} where id > %s order by id limit %s for share) x",
                    [at, self.batch],
                )
                last = cursor.fetchone()[0]
                if last is None:
                    return copied
                cursor.execute(
                    f"insert into {self.next} select t.* from {self.table} t where t.id > %s and t.id <= %s"
                    f" and not exists (select from {self.next} n where n.id = t.id and n.id > %s and n.id <= %s)",
                    [at, last, at, last],
                )
                copied += cursor.rowcount
                at = last
                cursor.execute(f"comment on table {self.next} is '{at:d}'")

    def _compare(self) -> None:
        """Both tables hold the same rows: read by one statement, so that writers meanwhile are in both or in none."""
        digests = [
            f"(select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) from {name} t)"
            for name in (self.table, self.next)
        ]
        if not _one(f"select {digests[0]} = {digests[1]}"):
            raise CannotRebuild(f"{self.next} differs from {self.table}: drop it with its trigger and run this again.")

    def _exchange(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"lock table {self.table} in access exclusive mode")
            if referring := _rows(
                "select conrelid::regclass || '.' || conname from pg_constraint where contype = 'f'"
                " and confrelid = %s::regclass",
                self.table,
            ):
                raise CannotRebuild(f"Foreign keys refer to {self.table}: {referring}.")
            cursor.execute(f"drop trigger zz_mirror on {self.table}; drop function {self.next}_mirror()")
            triggers = _rows(
                "select pg_get_triggerdef(oid) from pg_trigger"
                " where tgrelid = %s::regclass and not tgisinternal and tgparentid = 0",
                self.table,
            )
            views = _rows(
                "select distinct 'create or replace view ' || v.oid::regclass || ' as ' || pg_get_viewdef(v.oid)"
                " from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class"
                " where d.classid = 'pg_rewrite'::regclass and d.refobjid = %s::regclass and v.relkind = 'v'",
                self.table,
            )
            self._take_over_rights()
            cursor.execute(f"alter table {self.table} rename to {self.table}_former")
            cursor.execute(f"alter table {self.next} rename to {self.table}")
            cursor.execute(f"comment on table {self.table} is null")
            for (view,) in views:
                cursor.execute(view)
            self._take_over_sequence()
            cursor.execute(f"drop table {self.table}_former")
            self._rename()
            for (trigger,) in triggers:
                cursor.execute(trigger)

    def _take_over_rights(self) -> None:
        for kind, old, new in (
            ("table", self.table, self.next),
            ("sequence", _sequence(self.table), _sequence(self.next)),
        ):
            for role, right in _rows(
                "select a.grantee::regrole::text, a.privilege_type from pg_class c, aclexplode(c.relacl) a"
                " where c.oid = %s::regclass and a.grantee <> c.relowner and a.grantee <> 0",
                old,
            ):
                connection.cursor().execute(f"grant {right} on {kind} {new} to {role}")

    def _take_over_sequence(self) -> None:
        former, present = _sequence(f"{self.table}_former"), _sequence(self.table)
        connection.cursor().execute("select setval(%s, nextval(%s), false)", [present, former])

    def _rename(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"alter sequence {_sequence(self.table)} rename to {self.table}_id_seq")
            cursor.execute(f"alter table {self.table} rename constraint {self.next}_pkey to {self.table}_pkey")
            for name, _definition in self.with_constraints:
                cursor.execute(f"alter table {self.table} rename constraint {name}_next to {name}")
            for (name,) in _rows(
                "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
                r" where i.indrelid = %s::regclass and c.relname like '%%\_next'",
                self.table,
            ):
                cursor.execute(f"alter index {name} rename to {name.removesuffix('_next')}")


def _sequence(table: str) -> str:
    return str(_one("select pg_get_serial_sequence(%s, 'id')", table))


def _rows(statement: str, *params: Any) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def _one(statement: str, *params: object) -> Any:
    [(value, *_rest)] = _rows(statement, *params)
    return value
