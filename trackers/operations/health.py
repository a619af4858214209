"""Evaluation of trackers: one statement for all, for a shard, or for what changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.operations.findings import ScanCounts
from inventory_ops.operations.notifications.publishing import News, publish
from trackers.models import State
from trackers.queries import evaluation

SHARD = 10_000  # trackers; fewer are not worth a connection
MOST_SHARDS_AT_ONCE = 4

# Compares inside, so rows whose numbers stay are not written; `old` and `new` are PostgreSQL 18's.
UPDATE = """
with n as materialized ({evaluation}),
moved as (
    update trackers_tracker t set value = n.value, threshold = n.threshold, sold = n.sold, health = n.health,
        actual_days = n.actual_days, not_counted = n.not_counted, state = n.state, evaluated_at = %(as_of)s
    from n where t.id = n.id and (t.value, t.threshold, t.sold, t.health, t.actual_days, t.not_counted, t.state)
        is distinct from (n.value, n.threshold, n.sold, n.health, n.actual_days, n.not_counted, n.state::varchar)
    returning t.id, old.state as before, new.state as after, new.health, old.evaluated_at is null as is_first,
        new.snoozed_until
),
logged as (
    insert into trackers_trackerevent (tracker_id, at, actor, kind, text, health)
    select id, %(as_of)s, '', 'state', before || ' → ' || after, health from moved
    where before <> after and not is_first
    returning 1
)
select (select count(*) from n), (select count(*) from moved),
    (select count(*) from moved where after in ('critical', 'low', 'stock_out')
        and (is_first or before not in ('critical', 'low', 'stock_out'))),
    (select count(*) from moved where after not in ('critical', 'low', 'stock_out')
        and before in ('critical', 'low', 'stock_out')),
    (select count(*) from logged)
"""


# Told once when a tracker enters a worse band than was told. A band is told again only after health rose five points
# above it: 105 % for low, 55 % for critical and out of stock. Snoozed ones wait. What the two say is in hundredths.
ALERT = """
with a as (
    select t.id, case
        when array_position({ranks}, t.state::text) > coalesce(array_position({ranks}, t.alerted_state::text), 0)
            then case when t.snoozed_until is null or t.snoozed_until <= %(as_of)s then t.state else t.alerted_state end
        when t.state not in ('healthy', 'low', 'critical') then t.alerted_state
        when t.health >= 10500 then ''
        when t.health >= 5500 and t.alerted_state in ('critical', 'stock_out') then 'low'
        else t.alerted_state end as alerted
    from trackers_tracker t
    where t.is_enabled and {condition} and (t.alerted_state <> '' or t.state in ('low', 'critical', 'stock_out'))
)
update trackers_tracker t set alerted_state = a.alerted
from a, inventory_ops_product p, inventory_ops_inventorytype i
where t.id = a.id and t.alerted_state <> a.alerted and p.id = t.product_id and i.id = t.inventory_type_id
returning t.id, t.merchant_id, t.state, p.sku, i.name, a.alerted = t.state
    and array_position({ranks}, new.alerted_state::text) > coalesce(array_position({ranks}, old.alerted_state::text), 0)
""".replace("{ranks}", "array['low', 'critical', 'stock_out']")


def _alert(condition: str, params: dict[str, Any], *, as_of: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ALERT.replace("{condition}", condition), params | {"as_of": as_of})
        rows = cursor.fetchall()
    words = dict(State.choices)
    news = [
        News(
            key=f"{tracker}:{state}:{as_of.isoformat()}",
            label=f"{sku} · {type_}: {words[state]}",
            url=f"/trackers/{tracker}/",
            merchant_id=merchant,
        )
        for tracker, merchant, state, sku, type_, is_worse in rows
        if is_worse
    ]
    publish(topic="trackers", news=news, at=as_of)


def _evaluate(condition: str, params: dict[str, Any], *, as_of: datetime) -> ScanCounts:
    source = f"(select * from trackers_tracker t where t.is_enabled and {condition})"
    with connection.cursor() as cursor:
        cursor.execute(UPDATE.replace("{evaluation}", evaluation(source)), params | {"as_of": as_of})
        seen, changed, opened, resolved, _logged = cursor.fetchone()
    _alert(condition, params, as_of=as_of)
    return ScanCounts(seen=seen, opened=opened, resolved=resolved, changed=changed)


def evaluate_all(as_of: datetime) -> ScanCounts:
    """The health scan: every enabled tracker, then the day's history. Writes only what changed."""
    first, last = _ids()
    if last - first >= 2 * SHARD:
        return evaluate_in_shards(as_of=as_of)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local enable_memoize = off")
        cursor.execute("delete from trackers_dirtypair")
        counts = _evaluate("true", {}, as_of=as_of)
        _keep_day("true", {}, as_of=as_of)
    return counts


def _ids() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(min(id), 0), coalesce(max(id), 0) from trackers_tracker")
        row: tuple[int, int] = cursor.fetchone()
        return row


@transaction.atomic
def evaluate_shard(first: int, last: int, *, as_of: datetime) -> ScanCounts:
    """Trackers whose id lies between two numbers, both included, with their history of the day."""
    shard = "t.id between %(first)s and %(last)s", {"first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute("set local enable_memoize = off")
    counts = _evaluate(*shard, as_of=as_of)
    _keep_day(*shard, as_of=as_of)
    return counts


def evaluate_in_shards(*, as_of: datetime, most: int = 0) -> ScanCounts:
    """All trackers by ranges of their ids, `most` at once (default: one a processor), each on a connection of its own.

    PostgreSQL plans no UPDATE in parallel. Each shard commits by itself: writers of stock wait for none of them long.
    """
    first, last = _ids()
    workers = most or min(os.cpu_count() or 1, MOST_SHARDS_AT_ONCE)
    size = max((last - first) // (4 * workers) + 1, SHARD)  # several each, so that none waits long for the slowest
    ranges = [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]
    with ThreadPoolExecutor(workers) as pool:
        # first and by itself: what changes from here on is evaluated again by `refresh`
        pool.submit(_on_own_connection, _forget_dirty).result()
        found = pool.map(lambda ids: _on_own_connection(evaluate_shard, *ids, as_of=as_of), ranges)
        return sum(found, ScanCounts())


def _on_own_connection[**P, R](function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return function(*args, **kwargs)
    finally:
        connection.close()


def _forget_dirty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from trackers_dirtypair")


@transaction.atomic
def evaluate(ids: Sequence[int], *, as_of: datetime) -> ScanCounts:
    """A few trackers, like the one just saved."""
    return _evaluate("t.id = any(%(ids)s)", {"ids": list(ids)}, as_of=as_of)


def refresh(*, as_of: datetime | None = None) -> int:
    """Evaluate the trackers of products whose stock or orders changed since, and those never evaluated.

    Cheap when nothing changed (one probe). Two at once share the work: each takes the pairs the other has not.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from trackers_dirtypair)"
            " or exists (select from trackers_tracker where evaluated_at is null)"
        )
        if not cursor.fetchone()[0]:
            return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            with taken as (
                delete from trackers_dirtypair d using (
                    select product_id, inventory_type_id from trackers_dirtypair
                    order by 1, 2 limit 50000 for update skip locked
                ) l where d.product_id = l.product_id and d.inventory_type_id = l.inventory_type_id
                returning d.product_id, d.inventory_type_id
            )
            select t.id from trackers_tracker t join taken using (product_id, inventory_type_id) where t.is_enabled
            union select id from trackers_tracker where evaluated_at is null and is_enabled
            """
        )
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            evaluate(ids, as_of=as_of or timezone.now())
    return len(ids)


def _keep_day(condition: str, params: dict[str, Any], *, as_of: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            insert into trackers_trackerday as d (tracker_id, day, value, threshold, health, state)
            select t.id, %(day)s, t.value, t.threshold, t.health, t.state
            from (select * from trackers_tracker t where {condition}) t
            left join trackers_trackerday k on k.tracker_id = t.id and k.day = %(day)s
            where t.is_enabled and t.evaluated_at is not null
              and (k.id is null or (k.value, k.threshold, k.health, k.state)
                   is distinct from (t.value, t.threshold, t.health, t.state))
            on conflict (tracker_id, day) do update set value = excluded.value, threshold = excluded.threshold,
                health = excluded.health, state = excluded.state
            """,
            params | {"day": as_of.date()},
        )
