"""Stock of units that are not part of an order: a written-off one leaves it, a reversed one comes back."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from inventory_ops.kit.db.prepared import fetch_prepared
from inventory_ops.models import EventKey, InventoryEvent
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from lost_damaged.models import Source

# in the order of their ids, like the ledger does
LOCK_CHOSEN = """
select from inventory_ops_stockbalance where id in (select balance_id from pg_temp.ledger_booking)
order by id for no key update
"""
LOCK_ALL = """
select from inventory_ops_stockbalance
where product_id in (select product_id from pg_temp.ld_booked where order_item_id is null)
order by id for no key update
"""
IS_TAKEN = """
select exists (
    select from (select balance_id, count(*) as units from pg_temp.ledger_booking group by balance_id) k
    join inventory_ops_stockbalance b on b.id = k.balance_id where b.on_hand < k.units)
"""

# Sellable stock first, then what expires first; a unit without stock on hand moves nothing.
STAGE = """
insert into pg_temp.ledger_booking (product_id, balance_id, kind, quantity, occurred_at, note, reference, key)
select u.product_id, p.id, 'written_off', -1, %(now)s, 'UID ' || u.uid, u.number, 'written_off:' || u.number
from (select product_id, uid, number, row_number() over (partition by product_id order by id) as nth
      from pg_temp.ld_booked where order_item_id is null) u
join (select s.id, s.product_id, s.on_hand,
             sum(s.on_hand) over (partition by s.product_id
                 order by t.is_sellable desc, t.id, s.expires_on nulls last, s.id) as upto
      from inventory_ops_stockbalance s
      join inventory_ops_inventorytype t on t.id = s.inventory_type_id
      where s.on_hand > 0
        and s.product_id in (select product_id from pg_temp.ld_booked where order_item_id is null)) p
  on p.product_id = u.product_id and u.nth > p.upto - p.on_hand and u.nth <= p.upto
order by u.number
"""


def take_out(*, source: Source, actor: str, now: datetime) -> None:
    """Book `written_off` events for the units in `ld_booked` that have stock on hand."""
    ledger.stage()
    with connection.cursor() as cursor:
        cursor.execute(STAGE, {"now": now})
        staged = cursor.rowcount
        if not staged:
            return
        cursor.execute("analyze pg_temp.ledger_booking (product_id, balance_id)")
        cursor.execute(LOCK_CHOSEN)
        cursor.execute(IS_TAKEN)
        if cursor.fetchone()[0]:
            # a rival was faster: hold all that could be chosen, and choose again
            cursor.execute("truncate pg_temp.ledger_booking")
            cursor.execute(LOCK_ALL)
            cursor.execute(STAGE, {"now": now})
            staged = cursor.rowcount
    if staged:
        ledger.book_staged(source=EventSource(str(source)), actor=actor)


CHOOSE_ONE = """
select s.id
from (select * from inventory_ops_stockbalance where product_id = %(product)s::bigint order by id for no key update) s
join inventory_ops_inventorytype t on t.id = s.inventory_type_id
where s.on_hand > 0 order by t.is_sellable desc, t.id, s.expires_on nulls last, s.id limit 1
"""


def take_out_one(*, product_id: int, uid: str, number: str, source: Source, actor: str, now: datetime) -> None:
    """Book the `written_off` event of one unit, if there is stock on hand: the same choice as above."""
    for (balance_id,) in fetch_prepared(CHOOSE_ONE, {"product": product_id}):
        ledger.adjust(
            balance_id=balance_id,
            quantity=-1,
            source=EventSource(str(source)),
            actor=actor,
            kind=EventKind.WRITTEN_OFF,
            note=f"UID {uid}",
            reference=number,
            occurred_at=now,
            below_zero=True,
            key=f"written_off:{number}",
        )


def put_back(*, number: str, actor: str, now: datetime) -> None:
    """Undo the event that the write-off booked, if it booked one."""
    key = EventKey.objects.filter(key=f"written_off:{number}").first()
    event = InventoryEvent.objects.filter(pk=key.event_id or 0).first() if key else None
    if event is None:
        return
    balance = event.balance
    ledger.book(
        [
            Movement(
                product_id=event.product_id,
                kind=EventKind.ADJUSTED,
                quantity=-event.quantity,
                inventory_type=event.inventory_type.code,
                location=event.location.code,
                lot=balance.lot,
                expires_on=balance.expires_on,
                occurred_at=now,
                reason="found",
                reference=number,
                reverses_id=event.pk,
                key=f"undo:{event.pk}",
            )
        ],
        source=EventSource.PAGE,
        actor=actor,
    )
