"""One movement of a balance that is there: what a person types, or a program that calls once for each unit.

`ledger.book` takes any number of movements, by way of temporary tables: for one, making and dropping those costs many
times what is booked, in processor, log and the statements that the connection had prepared.
"""

from __future__ import annotations

from django.db import DataError, IntegrityError, transaction

from inventory_ops.kit.db.prepared import fetch_prepared
from inventory_ops.models import EventKey
from inventory_ops.models.ledger import ALLOCATION_KINDS, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement

_BALANCE = """
select b.id, l.is_active and t.is_active
from inventory_ops_stockbalance b
join inventory_ops_inventorytype t on t.id = b.inventory_type_id
join inventory_ops_location l on l.id = b.location_id
where b.product_id = %(product)s::bigint and t.code = %(type)s::text and l.code = %(location)s::text
  and b.lot = %(lot)s::text and b.expires_on is not distinct from %(expires_on)s::date
"""
REPEATED = 0
# what a movement may say, and one here not
_MORE = ("order_item_id", "reverses_id", "counted_quantity", "source", "actor")


def book_one(movement: Movement, *, source: EventSource, actor: str) -> int | None:
    """Book it, not below zero; answers the events booked, or REPEATED when its key was used before.

    None: nothing was booked, and `ledger.book` has to say what is to be done or why it cannot be. Raises
    InsufficientStock. What it books is a transaction of its own unless the caller has begun one.
    """
    if movement.kind in ALLOCATION_KINDS or any(getattr(movement, name) is not None for name in _MORE):
        return None
    found = fetch_prepared(
        _BALANCE,
        {
            "product": movement.product_id,
            "type": movement.inventory_type,
            "location": movement.location,
            "lot": movement.lot,
            "expires_on": movement.expires_on,
        },
    )
    if not found:
        return None
    [(balance, is_active)] = found
    if not is_active and movement.quantity > 0:
        return None
    try:
        with transaction.atomic():
            ledger.adjust(
                balance_id=balance,
                quantity=movement.quantity,
                source=source,
                actor=actor,
                kind=movement.kind,
                reason=movement.reason,
                note=movement.note,
                reference=movement.reference,
                occurred_at=movement.occurred_at,
                key=movement.key,
            )
    except DataError:
        return None  # more units than can be counted
    except IntegrityError:
        # a rival with the same key was first, and has committed: else this one would still wait for it
        return REPEATED if movement.key and EventKey.objects.filter(key=movement.key).exists() else None
    return 1
