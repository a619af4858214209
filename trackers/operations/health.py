"""Evaluation of trackers: one statement for all, for a shard, or for what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from inventory_ops.kit.db import parallel
from inventory_ops.operations.findings import ScanCounts
from inventory_ops.operations.notifications.publishing import News, publish
from trackers.models import KeptRange, State
from trackers.queries import evaluation, kept_trackers

SHARD = 10_000  # trackers; fewer are not worth a connection

# Only what changed is written, joined and logged; `old` and `new` are PostgreSQL 18's.
UPDATE = """
with n as materialized ({evaluation}),
moved as (
    update trackers_tracker t set value = n.value, threshold = n.threshold, sold = n.sold, health = n.health,
        actual_days = n.actual_days, not_counted = n.not_counted, state = n.state, evaluated_at = %(as_of)s
    from n where t.id = n.id and t.xmin = n.read
    returning t.id, old.state as before, new.state as after, new.value, new.threshold, new.health,
        old.evaluated_at is null as is_first
),
kept as (
    insert into trackers_trackerday (tracker_id, day, value, threshold, health, state)
    select id, %(day)s, value, threshold, health, after from moved
    on conflict (tracker_id, day) do update set value = excluded.value, threshold = excluded.threshold,
        health = excluded.health, state = excluded.state
    returning 1
),
logged as (
    insert into trackers_trackerevent (tracker_id, at, actor, kind, text, health)
    select id, %(as_of)s, '', 'state', before || ' → ' || after, health from moved
    where before <> after and not is_first
    returning 1
),
-- what somebody else wrote meanwhile may come of newer numbers than these, or of older ones
again as (
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select product_id, inventory_type_id from n where not exists (select from moved m where m.id = n.id)
)
select {seen}, (select count(*) from moved),
    (select count(*) from moved where after in ('critical', 'low', 'stock_out')
        and (is_first or before not in ('critical', 'low', 'stock_out'))),
    (select count(*) from moved where after not in ('critical', 'low', 'stock_out')
        and before in ('critical', 'low', 'stock_out')),
    (select count(*) from logged), (select count(*) from kept), {moved}
"""
COUNTED = "(select count(*) from trackers_tracker t where t.is_enabled and {condition})"


UNTOLD = "t.alerted_state <> t.state and (t.alerted_state <> '' or t.state in ('low', 'critical', 'stock_out'))"
# Told once when a tracker enters a worse band than was told. A band is told again only after health rose five points
# above it: 105 % for low, 55 % for critical and out of stock. Snoozed ones wait. What the two say is in hundredths.
ALERT = """
with a as (
    select t.id, t.alerted_state, case
        when array_position({ranks}, t.state::text) > coalesce(array_position({ranks}, t.alerted_state::text), 0)
            then case when t.snoozed_until is null or t.snoozed_until <= %(as_of)s then t.state else t.alerted_state end
        when t.state not in ('healthy', 'low', 'critical') then t.alerted_state
        when t.health >= 10500 then ''
        when t.health >= 5500 and t.alerted_state in ('critical', 'stock_out') then 'low'
        else t.alerted_state end as alerted
    from trackers_tracker t
    -- what was told already is as it should be
    where t.is_enabled and {condition} and {untold}
),
changed as (
    update trackers_tracker t set alerted_state = a.alerted
    from (select id, alerted from a where alerted <> alerted_state offset 0) a where t.id = a.id
    returning t.id, t.merchant_id, t.state, t.product_id, t.inventory_type_id, a.alerted = t.state
        and array_position({ranks}, new.alerted_state::text)
            > coalesce(array_position({ranks}, old.alerted_state::text), 0) as is_worse
)
select c.id, c.merchant_id, c.state, (select sku from inventory_ops_product p where p.id = c.product_id),
    (select name from inventory_ops_inventorytype i where i.id = c.inventory_type_id)
from changed c where c.is_worse
""".replace("{ranks}", "array['low', 'critical', 'stock_out']").replace("{untold}", UNTOLD)


def alert(condition: str, params: dict[str, Any], *, as_of: datetime) -> None:
    """Notify people of the trackers `t` that meet a condition and are worse than they were told."""
    with connection.cursor() as cursor:
        cursor.execute(ALERT.replace("{condition}", condition), params | {"as_of": as_of})
        rows = cursor.fetchall()
    words = dict(State.choices)
    news = [
        News(
            key=f"{tracker}:{state}:{as_of.isoformat()}",
            label=f"{sku} · {type_}: {words[state]}",
            url=reverse("tracker", args=[tracker]),
            merchant_id=merchant,
        )
        for tracker, merchant, state, sku, type_ in rows
    ]
    publish(topic="trackers", news=news, at=as_of)


def statement(condition: str, *, of_known: bool = False) -> str:
    """The scan of the trackers `t` that meet a condition; it takes `%(as_of)s` and `%(day)s`, that moment's in UTC.

    Those that are `of_known` number are not counted, which reads each again; instead, it says which ones changed.
    """
    evaluated = evaluation(kept_trackers(condition), changed=True)
    seen, moved = ("%(seen)s", "(select array_agg(id) from moved)") if of_known else (COUNTED, "null")
    text = UPDATE.replace("{evaluation}", evaluated).replace("{seen}", seen).replace("{moved}", moved)
    return text.replace("{condition}", condition)


def _evaluate(text: str, params: dict[str, Any], *, as_of: datetime) -> tuple[ScanCounts, list[int] | None]:
    """What a `statement` counted, and the trackers that it says changed."""
    with connection.cursor() as cursor:
        # no two trackers ask for the same: remembering answers finds none
        cursor.execute("set local enable_memoize = off; set local jit = off")
        cursor.execute(text, params | {"as_of": as_of, "day": as_of.date()})
        seen, changed, opened, resolved, _logged, _kept, moved = cursor.fetchone()
    return ScanCounts(seen=seen, opened=opened, resolved=resolved, changed=changed), moved


def evaluate_where(condition: str, params: dict[str, Any], *, as_of: datetime) -> ScanCounts:
    """The trackers `t` that meet a condition, in the transaction at hand."""
    counts, _moved = _evaluate(statement(condition), params, as_of=as_of)
    alert(condition, params, as_of=as_of)
    return counts


def evaluate_all(as_of: datetime) -> ScanCounts:
    """The health scan: every enabled tracker, then the day's history. Writes only what changed."""
    first, last = _ids()
    if last - first >= 2 * SHARD:
        return evaluate_in_shards(as_of=as_of)
    with transaction.atomic():
        _forget_dirty()
        return evaluate_shard(first, last, as_of=as_of)


def _ids() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(min(id), 0), coalesce(max(id), 0) from trackers_tracker")
        row: tuple[int, int] = cursor.fetchone()
        return row


@transaction.atomic
def evaluate_shard(first: int, last: int, *, as_of: datetime) -> ScanCounts:
    """Trackers whose id lies between two numbers, both included, with their history of the day."""
    shard = "t.id between %(first)s and %(last)s", {"first": first, "last": last}
    counts = evaluate_where(*shard, as_of=as_of)
    kept = KeptRange(day=as_of.date(), first=first, last=last)
    if not KeptRange.objects.filter(day=kept.day, first=first, last=last).exists():
        _keep_day(*shard, as_of=as_of)  # that of the trackers whose numbers stayed what they were the day before
        KeptRange.objects.filter(day__lt=kept.day).delete()
        KeptRange.objects.bulk_create([kept], ignore_conflicts=True)
    return counts


def evaluate_in_shards(*, as_of: datetime, most: int = 0) -> ScanCounts:
    """All trackers by ranges of their ids, `most` at once (default: one a processor), each on a connection of its own.

    PostgreSQL plans no UPDATE in parallel. Each shard commits by itself: writers of stock wait for none of them long.
    """
    first, last = _ids()
    workers = most or parallel.processors()
    size = max((last - first) // (4 * workers) + 1, SHARD)  # several each, so that none waits long for the slowest
    ranges = [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]
    # first and by itself: what changes from here on is evaluated again by `refresh`
    parallel.on_own_connection(_forget_dirty)
    shards = parallel.on_own_connections(lambda ids: evaluate_shard(*ids, as_of=as_of), ranges, most=workers)
    return sum(shards, ScanCounts())


@transaction.atomic
def _forget_dirty() -> None:
    with connection.cursor() as cursor:
        # until all are evaluated, nothing is known of any
        cursor.execute("delete from trackers_healthscan; delete from trackers_dirtypair")


@transaction.atomic
def evaluate(ids: Sequence[int], *, as_of: datetime) -> ScanCounts:
    """A few trackers, like the one just saved."""
    few = "t.id = any(%(ids)s)", {"ids": list(ids)}
    counts = evaluate_where(*few, as_of=as_of)
    _keep_day(*few, as_of=as_of)  # one that was switched on again may have none yet, and not have moved
    return counts


def refresh(*, as_of: datetime | None = None) -> int:
    """Evaluate the trackers of products whose stock or orders changed since, and those never evaluated.

    Cheap when nothing changed (one probe). Two at once share the work: each takes the changes the other has not.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from trackers_dirtypair)"
            " or exists (select from trackers_tracker where evaluated_at is null)"
        )
        if not cursor.fetchone()[0]:
            return 0
    return evaluate_dirty(as_of=as_of or timezone.now()).seen


@transaction.atomic
def evaluate_dirty(*, as_of: datetime) -> ScanCounts:
    """Those of `refresh`; `seen` is their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            with taken as (
                delete from trackers_dirtypair d using (
                    select id from trackers_dirtypair order by id limit 50000 for update skip locked
                ) l where d.id = l.id
                returning d.product_id, d.inventory_type_id
            )
            select t.id, {UNTOLD} from taken d join trackers_tracker t on t.product_id = d.product_id
                and t.inventory_type_id = d.inventory_type_id where t.is_enabled
            union select id, true from trackers_tracker where evaluated_at is null and is_enabled
            """
        )
        found = cursor.fetchall()
    ids = {pk for pk, _is_untold in found}
    if not ids:
        return ScanCounts()
    few, of_ids = "t.id = any(%(ids)s)", {"ids": list(ids), "seen": len(ids)}
    counts, moved = _evaluate(statement(few, of_known=True), of_ids, as_of=as_of)
    # of the others, state and what was told are the same before and after
    if untold := {pk for pk, is_untold in found if is_untold}.union(moved or ()):
        alert(few, {"ids": list(untold)}, as_of=as_of)
    return counts


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
