"""Carts whose customers bought the goods after all, by another order: found in the data.

A cart counts as recovered by another order when its customer (the same e-mail address, in any case) placed it within
`WITHIN` of the cart's last activity, and it holds at least one product of the cart that was not cancelled as a whole.
Where several do, it is the first. The cart stays a cart. When its customer comes back to it later, or that order is
cancelled or gone, it counts as left again. A cart that itself becomes an order is recovered by that
(`placing`, `sql/carts.sql`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

WITHIN = timedelta(days=30)
LOOKS_BACK = timedelta(days=60)  # of a scan: what was left earlier can be recovered by orders loaded later alone

# by the same customer, in time
_LATER = """p.placed_at > c.last_activity_at and p.placed_at <= c.last_activity_at + %(within)s
    and upper(p.customer_email) = upper(c.customer_email) and p.customer_email <> ''"""


def _goods(cart: str, bought: str) -> str:
    """Whether a cart, whose items lie apart from those of all months, and an order have a product in common that was
    not cancelled as a whole."""
    return f"""select from inventory_ops_orderitem i join inventory_ops_orderitem b on b.product_id = i.product_id
        where i.order_id = {cart} and i.status = 1 and b.order_id = {bought} and b.cancelled_quantity < b.quantity"""


# Who bought later is found first, then goods are compared, one pair after the other (`limit`): of all items with each
# other that have a product in common there are billions, and the planner would begin with those.
_FIND = f"""
    with pairs as materialized (
        select c.id as cart, p.id as bought, p.placed_at
        from inventory_ops_order c join inventory_ops_order p on {_LATER}
        where c.status = 1 and c.recovered_at is null and c.customer_email <> '' and {{which}}
    ), found as materialized (
        select distinct on (pairs.cart) pairs.cart, pairs.bought, pairs.placed_at
        from pairs cross join lateral (
            {_goods("pairs.cart", "pairs.bought")} limit 1
        ) goods
        order by pairs.cart, pairs.placed_at, pairs.bought
    ), locked as materialized (
        select o.id from inventory_ops_order o where o.id in (select cart from found) and o.status = 1
            and o.recovered_at is null order by o.id for no key update
    )
    update inventory_ops_order o set recovered_at = f.placed_at, recovered_by_id = f.bought
    from found f join locked l on l.id = f.cart where o.id = f.cart
"""

_TAKE_BACK = f"""
    with wrong as materialized (
        select c.id from inventory_ops_order c where c.status = 1 and c.recovered_by_id is not null
            and not exists (
                select from inventory_ops_order p where p.id = c.recovered_by_id and {_LATER}
                    and exists ({_goods("c.id", "p.id")})
            )
        union all
        select c.id from inventory_ops_order c
        where c.status = 1 and c.recovered_at is not null and c.recovered_by_id is null
    ), locked as materialized (
        select o.id from inventory_ops_order o where o.id in (select id from wrong) and o.status = 1
        order by o.id for no key update
    )
    update inventory_ops_order o set recovered_at = null, recovered_by_id = null from locked l where o.id = l.id
"""


@transaction.atomic
def find(*, as_of: datetime, of: str = "", placed_since: datetime | None = None) -> int:
    """Write down which carts were recovered by another order, and which no longer are; answers how many were found.

    `of` is a query of addresses in capitals, of whose carts all are looked at; without it, carts that were left lately,
    with `placed_since` of those alone who placed an order after it.
    """
    which = f"upper(c.customer_email) in ({of})" if of else "c.last_activity_at > %(since)s"
    if placed_since is not None:
        # as an array, each leads to its carts by index
        which += """ and upper(c.customer_email) = any(array(
            select upper(o.customer_email) from inventory_ops_order o where o.placed_at > %(placed)s))"""
    values: dict[str, Any] = {"within": WITHIN, "since": as_of - LOOKS_BACK, "placed": placed_since}
    with connection.cursor() as cursor:
        if not of:
            cursor.execute(_TAKE_BACK, values)
        cursor.execute(_FIND.format(which=which), values)
        return cursor.rowcount
