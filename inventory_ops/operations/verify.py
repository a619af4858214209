"""Proof that the ledger is whole: what `manage.py verify_ledger` runs. Other apps add checks of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.kit.registry import SCANS, Registry
from inventory_ops.operations import issues, rescans
from inventory_ops.queries import findings, ledger, stock
from inventory_ops.queries import issues as issue_queries

MOST_LISTED = 100  # of one check; the count beyond is told

type Check = Callable[[], list[str]]
_checks: Registry[Check] = Registry("check of the ledger", later=SCANS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check and every difference it found, each naming the row it is about."""

    name: str
    differences: list[str]


def add_check(name: str, check: Check) -> None:
    """Add a check: it answers one line a difference, [] when all is right. Called by what `AppConfig.ready()` names."""
    _checks.add(name, check)


def run() -> Iterator[Outcome]:
    """Run all checks on one snapshot of the database, so that bookings meanwhile look like no difference."""
    issues.refresh(as_of=timezone.now())  # what changed since is not a difference
    with transaction.atomic():
        if not connection.savepoint_ids:  # inside another transaction its level cannot be set any more
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        for name, check in _checks.items():
            yield Outcome(name, check())


def _lines(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"with found as materialized ({sql}) select line, count(*) over () from found limit %s", [MOST_LISTED]
        )
        rows = cursor.fetchall()
    lines = [line for line, _total in rows]
    if rows and rows[0][1] > len(rows):
        lines.append(f"… and {rows[0][1] - len(rows):,} more")
    return lines


def altered_events() -> list[str]:
    """Events whose digest is not that of their row."""
    return _lines(
        "select 'event ' || e.id || ' was altered: its digest does not fit its row' as line"
        " from inventory_ops_inventoryevent e where e.digest is distinct from inventory_ops_event_digest(e)"
    )


def gaps() -> list[str]:
    """Balances whose events are not numbered 1, 2, 3, … up to the balance's version, or whose running sum breaks."""
    return _lines(
        """
        select 'balance ' || balance_id || ': ' || case
                   when before is null then 'its first event, event ' || id || ', has number ' || sequence || ', not 1'
                   when sequence = before then 'event ' || id || ' was put in: number ' || sequence || ' is there twice'
                   when sequence - before = 2 then 'the event with number ' || before + 1 || ', before event ' || id
                        || ', is missing'
                   else 'the events with numbers ' || before + 1 || ' to ' || sequence - 1 || ', before event ' || id
                        || ', are missing' end as line
        from (select id, balance_id, sequence, lag(sequence) over (partition by balance_id order by sequence, id)
                         as before
              from inventory_ops_inventoryevent) e
        where sequence <> coalesce(before, 0) + 1
        union all
        select 'balance ' || b.id || ' has version ' || b.version || ', the last event has number '
               || coalesce(e.last, 0) || coalesce(' (event ' || e.event || ')', '')
        from inventory_ops_stockbalance b
        left join (select balance_id, max(sequence) as last, (array_agg(id order by sequence desc))[1] as event
                   from inventory_ops_inventoryevent group by 1) e on e.balance_id = b.id
        where b.version <> coalesce(e.last, 0)
        union all
        select 'event ' || min(e.id) || ' and ' || count(*) - 1 || ' more are of balance ' || e.balance_id
               || ', which does not exist'
        from inventory_ops_inventoryevent e
        where not exists (select from inventory_ops_stockbalance b where b.id = e.balance_id) group by e.balance_id
        """
    )


def running_quantities() -> list[str]:
    """Events whose quantity after is not the sum of the events up to them."""
    return _lines(
        """
        select 'event ' || id || ' says ' || quantity_after || ' after it, its predecessors make ' || total as line
        from (select id, quantity_after, sum(quantity) over (
                         partition by balance_id, kind in ('allocated', 'released') order by sequence, id) as total
              from inventory_ops_inventoryevent) e
        where quantity_after <> total
        """
    )


def balances() -> list[str]:
    """Balances that are not the sum of their events, on hand and allocated."""
    return _lines(
        """
        select 'balance ' || b.id || ' of ' || p.sku || ' has ' || b.on_hand || ' on hand and ' || b.allocated
               || ' allocated, its events make ' || coalesce(e.on_hand, 0) || ' and '
               || coalesce(e.allocated, 0) as line
        from inventory_ops_stockbalance b join inventory_ops_product p on p.id = b.product_id
        left join (select balance_id,
                       coalesce(sum(quantity) filter (where kind not in ('allocated', 'released')), 0) as on_hand,
                       coalesce(sum(quantity) filter (where kind in ('allocated', 'released')), 0) as allocated
                   from inventory_ops_inventoryevent group by 1) e on e.balance_id = b.id
        where b.on_hand <> coalesce(e.on_hand, 0) or b.allocated <> coalesce(e.allocated, 0)
        """
    )


def audit_chain() -> list[str]:
    """Lines of the audit log whose digest does not follow from the line before."""
    return _lines(
        """
        select 'audit event ' || a.id || ' was altered, or the one before it was altered or taken out' as line
        from (select id, lag(digest) over (partition by strand order by id) as previous
              from inventory_ops_auditevent) x
        join inventory_ops_auditevent a on a.id = x.id
        where a.digest is distinct from inventory_ops_audit_digest(coalesce(x.previous, ''::bytea), a)
        """
    )


def order_item_keys() -> list[str]:
    """Order items and their keys that do not say the same, and items of one id or shop's id in several months."""
    return _lines(
        """
        select 'order item ' || coalesce(i.id, k.id) || case when k.id is null then ' has no key'
               when i.id is null then ' is a key without an item' else ' is not where its key says, or twice' end
               as line
        from (select *, count(*) over (partition by id) as times from inventory_ops_orderitem) i
        full join inventory_ops_orderitemkey k on k.id = i.id
        where (i.id, i.order_id, i.product_id, i.store_id, i.shop_item_id, i.ordered_at, i.times) is distinct from
              (k.id, k.order_id, k.product_id, k.store_id, k.shop_item_id, k.ordered_at, 1)
        """
    )


add_check("events unaltered", altered_events)
add_check("events complete", gaps)
add_check("running quantities", running_quantities)
add_check("balances", balances)
add_check("actors of events", lambda: ledger.actor_differences(most=MOST_LISTED))
add_check("audit log", audit_chain)
add_check("keys of order items", order_item_keys)
add_check("statistics of products", stock.product_differences)
add_check("tables of issues", lambda: issue_queries.differences(most=MOST_LISTED))
add_check("totals of findings", lambda: findings.total_differences(most=MOST_LISTED))
add_check("findings of what changed", lambda: rescans.all_differences(most=MOST_LISTED))
