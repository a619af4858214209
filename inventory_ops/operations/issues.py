"""Keeps the tables of issues right: the rows of what changed are read again by the live query, and merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, transaction
from django.utils import timezone

from inventory_ops.kit.db import locks
from inventory_ops.models import IssueChange
from inventory_ops.queries.issues import TABLES, State, Table, state

log = structlog.get_logger(__name__)

LOCK = "issue tables"
PATIENCE = timedelta(seconds=2)  # of a page for somebody else's refresh; then it reads the live query
MOST_KEYS = 20_000  # more are not looked at one by one: all rows are read again
NEAR = timedelta(minutes=1)  # of now: for a moment farther away the tables are not changed
FAR = timedelta(days=1)  # from now: the tables are not even asked
NOTED_AT_LEAST_EVERY = timedelta(minutes=5)  # so that the look for what the clock changed stays short


@dataclass(slots=True)
class _Changes:
    """What was noted: keys by subject; and the products that the clock changed."""

    noted: dict[str, set[int]] = field(default_factory=dict)
    prices: set[int] = field(default_factory=set)
    shipping: set[int] = field(default_factory=set)

    def of(self, *subjects: IssueChange.Subject) -> set[int]:
        return set().union(*(self.noted.get(subject, ()) for subject in subjects))

    @property
    def size(self) -> int:
        return sum(map(len, self.noted.values())) + len(self.prices) + len(self.shipping)


def right_at(
    slug: str, *, as_of: datetime, using: str = DEFAULT_DB_ALIAS, scan: str = "", periods: Sequence[str] = ()
) -> State | None:
    """The state of a report's table when it is what the live query gives at `as_of`; None: read the live query.

    `periods`: it is enough when the rows of those are right.
    A table that is behind is refreshed first. Nothing is written for a moment that is not now, nor for who reads from
    a replica.
    """
    now = timezone.now()
    if abs(now - as_of) > FAR:
        return None
    found = state(slug, as_of=as_of, using=using, scan=scan, periods=periods)
    if found.is_current:
        return found
    if using != DEFAULT_DB_ALIAS or abs(now - as_of) > NEAR:
        return None
    refreshed_for = refresh(as_of=as_of, patience=PATIENCE)
    if refreshed_for == as_of:
        return replace(found, as_of=as_of, is_current=True)
    # somebody else was there for a later moment
    found = state(slug, as_of=as_of, using=using, scan=scan, periods=periods)
    return found if found.is_current else None


def refresh(*, as_of: datetime, patience: timedelta | None = None, whole: bool = False) -> datetime | None:
    """Bring all tables to `as_of`, and answer for which moment they are right now (never an earlier one than before).

    One at a time. None when another one took longer than `patience`. Writes only rows that changed. What is noted by
    a transaction that ends meanwhile stays for the next refresh, and so does everything when this one fails. `whole`
    reads all rows again, whatever was noted.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _wait_for_turn(cursor, patience)
            return _refresh(cursor, as_of, whole=whole)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        log.info("issue_tables_busy")
        return None


def _wait_for_turn(cursor: Any, patience: timedelta | None) -> None:
    if patience is not None:
        cursor.execute("set local lock_timeout = %s", [f"{patience // timedelta(milliseconds=1)}ms"])
    locks.wait_for(LOCK)
    if patience is not None:
        cursor.execute("set local lock_timeout = 0")


def _refresh(cursor: Any, as_of: datetime, *, whole: bool) -> datetime:
    cursor.execute("select as_of from inventory_ops_issuerefresh")
    row = cursor.fetchone()
    before: datetime | None = row[0] if row else None
    moment = max(before or as_of, as_of)
    changes = _take_changes(cursor, None if whole else before, moment)
    # From here on every statement sees at least what the notes taken above were about.
    if changes is None:
        for table in TABLES.values():
            _merge(cursor, table, moment, None)
    elif changes.size:
        for table, keys in _keys(cursor, changes):
            if keys:
                _merge(cursor, table, moment, sorted(keys))
    if changes is None or changes.size or not before or moment - before > NOTED_AT_LEAST_EVERY:
        cursor.execute(
            "insert into inventory_ops_issuerefresh (id, as_of) values (1, %s)"
            " on conflict (id) do update set as_of = excluded.as_of",
            [moment],
        )
    return moment


def _take_changes(cursor: Any, before: datetime | None, moment: datetime) -> _Changes | None:
    """The notes, which are deleted, and what the clock changed. None when all rows have to be read again."""
    cursor.execute("select count(*) from (select from inventory_ops_issuechange limit %s) noted", [MOST_KEYS + 1])
    if before is None or cursor.fetchone()[0] > MOST_KEYS:
        cursor.execute("delete from inventory_ops_issuechange")
        return None
    changes = _Changes()
    cursor.execute("delete from inventory_ops_issuechange returning subject, key")
    for subject, key in cursor.fetchall():
        changes.noted.setdefault(subject, set()).add(key)
    for slug, products in (("inventory-cost-issues", changes.prices), ("shipping-issues", changes.shipping)):
        statement = (
            TABLES[slug].moments(TABLES[slug].periods).format(lo="%(lo)s::timestamptz", hi="%(hi)s::timestamptz")
        )
        cursor.execute(f"select distinct product_id from ({statement}) m", {"lo": before, "hi": moment})
        products.update(key for (key,) in cursor.fetchall())
    return changes if changes.size <= 2 * MOST_KEYS else None


def _keys(cursor: Any, changes: _Changes) -> list[tuple[Table, set[int]]]:
    """The keys of the rows of each table that have to be read again."""
    subject = IssueChange.Subject
    costs, shipping, orders = TABLES["inventory-cost-issues"], TABLES["shipping-issues"], TABLES["order-cost-issues"]
    priced = changes.of(subject.PRODUCT, subject.PRICE) | changes.prices
    merchants = changes.of(subject.MERCHANT)
    of_costs = priced | changes.of(subject.STOCK) | _found(cursor, costs, "merchant_id", merchants)
    of_shipping = changes.of(subject.PRODUCT, subject.SHORT) | changes.shipping
    of_shipping |= _found(cursor, shipping, "merchant_id", merchants)
    of_orders = changes.of(subject.LINE) | _found(cursor, orders, "order_id", changes.of(subject.ORDER))
    of_orders |= _found(cursor, orders, "product_id", changes.of(subject.PRODUCT))
    of_orders |= _found(cursor, orders, "merchant_id", merchants)
    return [(costs, of_costs), (shipping, of_shipping), (orders, of_orders)]


def _found(cursor: Any, table: Table, column: str, values: set[int]) -> set[int]:
    """Keys of a table's rows with one of the values. Rows it does not have yet are noted by themselves."""
    if not values:
        return set()
    cursor.execute(
        f"select {table.key} from {table.model._meta.db_table} where {column} = any(%s::bigint[])",
        [list(values)],
    )
    return {key for (key,) in cursor.fetchall()}


def _merge(cursor: Any, table: Table, moment: datetime, keys: Sequence[int] | None) -> None:
    """Make a table's rows those of its definition: all, or those of some keys. Rows that stay the same are left."""
    key = table.key
    names = [name for name in table.columns if name not in table.identity]
    sql, params = table.live(moment, keys)
    if keys is None:
        source, parameters = sql, params
        same = [f"t.{name} = s.{name}" for name in table.identity]
        gone = "when not matched by source then delete"
        is_there = "true"
    else:
        wanted, values = "unnest(%s::bigint[]) k (key)", [list[Any](keys)]
        if table.periods:
            wanted, values = f"{wanted} cross join unnest(%s::text[]) p (period)", [*values, list(table.periods)]
        here = {key: "k.key", "period": "p.period"}
        source = f"""
            select {", ".join(f"{here[name]} as wanted_{name}" for name in table.identity)}, d.* from {wanted}
            left join ({sql}) d on {" and ".join(f"d.{name} = {here[name]}" for name in table.identity)}"""
        parameters = (*values, *params)
        same = [f"t.{name} = s.wanted_{name}" for name in table.identity]
        gone = f"when matched and s.{key} is null then delete"
        is_there = f"s.{key} is not null"
    cursor.execute(
        f"""
        merge into {table.model._meta.db_table} t using ({source}) s
        on {" and ".join(same)}
        {gone if keys is not None else ""}
        when matched and ({", ".join(f"t.{name}" for name in names)})
            is distinct from ({", ".join(f"s.{name}" for name in names)})
            then update set {", ".join(f"{name} = s.{name}" for name in names)}
        when not matched and {is_there} then insert ({", ".join([*table.identity, *names])})
            values ({", ".join(f"s.{name}" for name in [*table.identity, *names])})
        {gone if keys is None else ""}
        """,
        parameters,
    )
