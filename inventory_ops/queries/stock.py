"""Reads of stock: what is on hand and what can be sold, and proof that the totals kept of it are right."""

from __future__ import annotations

from django.db import connection

MOST_DIFFERENCES = 100


def product_differences() -> list[str]:
    """Products whose kept statistics are not what balances and order lines say; empty when all is right."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select p.id, array[s.on_hand, s.available, s.value, s.category_id, s.is_live::int],
                   array[x.on_hand, x.available, x.value, p.category_id, p.is_live::int],
                   array[d.first_ordered_at, d.last_ordered_at], array[y.first_at, y.last_at]
            from inventory_ops_product p
            left join inventory_ops_productstock s on s.product_id = p.id
            left join inventory_ops_productdemand d on d.product_id = p.id
            cross join lateral (
                select coalesce(sum(b.on_hand), 0) as on_hand, coalesce(sum(b.on_hand - b.allocated), 0) as available,
                       coalesce(p.cost, p.price) * greatest(coalesce(sum(b.on_hand), 0), 0) as value
                from inventory_ops_stockbalance b
                join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable
                where b.product_id = p.id
            ) x
            cross join lateral (
                select min(i.ordered_at) as first_at, max(i.ordered_at) as last_at from inventory_ops_orderitem i
                where i.product_id = p.id and i.status in (2, 3) and i.quantity > i.cancelled_quantity
            ) y
            where (s.on_hand, s.available, s.value, s.category_id, s.is_live, d.first_ordered_at, d.last_ordered_at)
                is distinct from (x.on_hand, x.available, x.value, p.category_id, p.is_live, y.first_at, y.last_at)
            limit %s
            """,
            [MOST_DIFFERENCES],
        )
        of_products = [
            f"product {product}: kept {kept} and {kept_span}, balances and orders say {raw} and {raw_span}"
            for product, kept, raw, kept_span, raw_span in cursor.fetchall()
        ]
        cursor.execute(
            """
            select coalesce(t.product_id, b.product_id), coalesce(t.inventory_type_id, b.inventory_type_id),
                   array[t.on_hand, t.allocated, t.available], array[b.on_hand, b.allocated, b.available],
                   array[t.nearest_expiry], array[b.nearest_expiry]
            from inventory_ops_stocktotal t full join (
                select product_id, inventory_type_id, sum(on_hand) as on_hand, sum(allocated) as allocated,
                       sum(on_hand - allocated) as available,
                       min(expires_on) filter (where on_hand > 0) as nearest_expiry
                from inventory_ops_stockbalance group by product_id, inventory_type_id
            ) b on b.product_id = t.product_id and b.inventory_type_id = t.inventory_type_id
            where (t.on_hand, t.allocated, t.available, t.nearest_expiry)
                is distinct from (b.on_hand, b.allocated, b.available, b.nearest_expiry)
            limit %s
            """,
            [MOST_DIFFERENCES],
        )
        return of_products + [
            f"product {product}, type {kind}: kept {kept} {kept_day}, balances say {raw} {raw_day}"
            for product, kind, kept, raw, kept_day, raw_day in cursor.fetchall()
        ]
