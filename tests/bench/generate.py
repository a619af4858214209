"""Makes the suite's data with set-based SQL: deterministic (a hash of the row's number, no random()), triggers off,
secondary indexes built after the rows, what triggers keep rebuilt at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from django.db import connection
from django.utils import timezone

from inventory_ops.models import User
from inventory_ops.operations import issues
from inventory_ops.queries.issues import TABLES
from tests.bench.scale import Scale

VERSION = 3
EMAIL = "bench@example.com"

type Step = Callable[[Scale], None]
_steps: list[tuple[str, Step]] = []


def add_step(label: str, step: Step) -> None:
    """Let another app fill its tables, after those of the base."""
    _steps.append((label, step))


def run(scale: Scale, *, tell: Callable[[str], None]) -> None:
    """Fill an empty, migrated database."""
    for label, step in [*BASE, *_steps, ("statistics of the planner", _vacuum)]:
        start = time.perf_counter()
        step(scale)
        tell(f"{label}: {time.perf_counter() - start:.1f} s")


def refresh() -> None:
    """Bring what follows the clock, and what a migration emptied, up to date: else the first page would do it."""
    issues.refresh(as_of=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(f"vacuum analyze {', '.join(table.model._meta.db_table for table in TABLES.values())}")


def execute(statement: str, scale: Scale, **more: object) -> None:
    """Run SQL with `%(products)s` and the like; `u(i, seed)` is uniform in [0, 1) and the same on every run."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")  # no triggers, no foreign keys
        cursor.execute("set maintenance_work_mem = '1GB'")
        cursor.execute(UNIFORM)
        try:
            cursor.execute(statement, asdict(scale) | more)
        finally:
            cursor.execute("reset session_replication_role")


UNIFORM = """
create or replace function pg_temp.u(i bigint, seed bigint) returns float8 language sql immutable parallel safe
as $$ select (hashint8extended(i, seed) & 9007199254740991)::float8 / 9007199254740992.0 $$
"""


@contextmanager
def without_indexes(*tables: str) -> Iterator[None]:
    """Secondary indexes of `tables` are dropped for a block and built again after it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select c.relname, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
            where i.indrelid = any(%s::regclass[]) and not i.indisprimary
              and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
            """,
            [list(tables)],
        )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(f'drop index "{name}"')
        yield
        cursor.execute("set maintenance_work_mem = '1GB'")
        for _name, definition in found:
            cursor.execute(definition.replace(" ON ONLY ", " ON "))
        cursor.execute("reset maintenance_work_mem")


def _catalogue(scale: Scale) -> None:
    User.objects.create(email=EMAIL, name="Bench", role="operations")
    execute(CATALOGUE, scale)


def _stock(scale: Scale) -> None:
    with without_indexes("inventory_ops_stockbalance"):
        execute(STOCK, scale)


def _orders(scale: Scale) -> None:
    with without_indexes("inventory_ops_order", "inventory_ops_orderitem", "inventory_ops_paymentattempt"):
        execute(ORDERS, scale)
        execute(CARTS, scale)


def _events(scale: Scale) -> None:
    with without_indexes("inventory_ops_inventoryevent"):
        execute(EVENTS, scale)


def _product_statistics(scale: Scale) -> None:
    execute(PRODUCT_STATISTICS, scale)


def _issue_tables(scale: Scale) -> None:
    issues.refresh(as_of=timezone.now(), whole=True)


def _vacuum(scale: Scale) -> None:
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


CATALOGUE = """
insert into inventory_ops_merchant (id, vendor_number, name, currency, timezone, email, created_at)
select i, 'V' || lpad(i::text, 5, '0'), 'Vendor ' || i, case when i %% 10 = 9 then 'EUR' else 'GBP' end, 'UTC', '',
       now()
from generate_series(1, %(merchants)s) i;
insert into lost_damaged_factor (merchant_id, factor, valid_from, note, created_by, created_at)
select i, 0.9, now() - interval '10 years', '', '', now() from generate_series(1, %(merchants)s) i;
insert into inventory_ops_category (id, name, commission_percent)
select i, 'Category ' || lpad(i::text, 2, '0'), 5 + i %% 15 from generate_series(1, 50) i;
insert into inventory_ops_store (id, number, name, abandon_after)
select i, 'S' || i, 'Store ' || i, interval '60 minutes' from generate_series(1, 20) i;
insert into inventory_ops_location (code, name) select 'W' || i, 'Warehouse ' || i from generate_series(1, 3) i;

-- 2 %% cost more than their price, 1 %% have no cost
insert into inventory_ops_product (id, merchant_id, sku, vendor_sku, name, short_description, brand_name, model_name,
    category_id, price, special_price, cost, is_live, created_at, updated_at)
select i, 1 + (i - 1) %% %(merchants)s, 'SKU-' || left(md5(i::text), 4) || '-' || lpad(i::text, 8, '0'),
       'VS' || hashint8(i),
       (array['Kettle', 'Lamp', 'Mug', 'Chair', 'Towel', 'Clock', 'Frame', 'Basket', 'Candle', 'Tray'])
            [1 + (pg_temp.u(i, 1) * 10)::int %% 10] || ' ' || left(md5((i * 7)::text), 6),
       'A thing of daily use, number ' || i, 'Brand ' || (pg_temp.u(i, 2) * 200)::int,
       'Model ' || (pg_temp.u(i, 3) * 5000)::int, 1 + i %% 50, price,
       case when pg_temp.u(i, 4) < 0.05 then round(price * 0.9, 2) end,
       case when pg_temp.u(i, 5) < 0.01 then null when pg_temp.u(i, 5) < 0.03 then round(price * 1.1, 2)
            else round(price * 0.6, 2) end,
       pg_temp.u(i, 6) < 0.95, now() - pg_temp.u(i, 7) * interval '1000 days', now()
from generate_series(1, %(products)s) i
cross join lateral (select (5 + (pg_temp.u(i, 8) * 195)::int + 0.99)::numeric as price) p;

insert into inventory_ops_flashsale (merchant_id, product_id, starts_at, ends_at, percentage, snapshot_price,
    sale_price, created_at)
select merchant_id, id, now() + ((pg_temp.u(id, 9) - 0.7) * 60) * interval '1 day',
       now() + ((pg_temp.u(id, 9) - 0.7) * 60 + 7) * interval '1 day', 20, price, round(price * 0.8, 2), now()
from inventory_ops_product where pg_temp.u(id, 10) < 0.02;
select setval(pg_get_serial_sequence(t, 'id'), (select max(id) from inventory_ops_product) + 1)
from unnest(array['inventory_ops_merchant', 'inventory_ops_category', 'inventory_ops_store',
                  'inventory_ops_product']) t;
"""

STOCK = """
insert into inventory_ops_stockbalance (id, merchant_id, product_id, inventory_type_id, location_id, lot, expires_on,
    on_hand, allocated, version, updated_at)
select i, 1 + (p - 1) %% %(merchants)s, p, t.ids[case when pg_temp.u(i, 21) < 0.85 then 1 else 2 end],
       l.ids[1 + (pg_temp.u(i, 22) * 4)::int %% 4], 'L' || i,
       case when pg_temp.u(i, 23) < 0.5 then current_date + ((pg_temp.u(i, 24) - 0.1) * 700)::int end,
       (pg_temp.u(i, 25) * 60)::int, (pg_temp.u(i, 26) * 5)::int, 0, now()
from generate_series(1, %(lots)s) i
cross join lateral (select 1 + (pg_temp.u(i, 20) * %(products)s)::bigint %% %(products)s as p) x
cross join (select array_agg(id order by code <> 'good', id) as ids from inventory_ops_inventorytype) t
cross join (select array_agg(id order by id) as ids from inventory_ops_location) l;
select setval(pg_get_serial_sequence('inventory_ops_stockbalance', 'id'), %(lots)s + 1);
"""

# 2.5 lines an order, in the order of time; the squared hash makes few products sell often and many seldom
ORDERS = """
insert into inventory_ops_order (id, number, store_id, status, customer_email, currency, total_amount, promo_code,
    comment, created_at, last_activity_at, placed_at, closed_at)
select o, 'N' || lpad(o::text, 9, '0'), 1 + o %% 20, status, 'customer' || hashint8(o) || '@example.org', 'GBP',
       20 + (pg_temp.u(o, 31) * 300)::int, case when o %% 9 = 0 then 'PROMO' || o %% 40 else '' end, '',
       at, at, at, case when status = 3 then at + interval '2 days' end
from generate_series(1, (%(items)s - 1) * 2 / 5 + 1) o
cross join lateral (select now() - (1 - o::float8 / ((%(items)s - 1) * 2 / 5 + 1)) * interval '730 days' as at) a
cross join lateral (select case when at > now() - interval '14 days' and pg_temp.u(o, 30) < 0.5 then 2
                                when pg_temp.u(o, 30) > 0.99 then 2 else 3 end as status) s;

select inventory_ops_make_order_month((date_trunc('month', now()) - n * interval '1 month')::date)
from generate_series(1, 24) n;
insert into inventory_ops_orderitem (id, order_id, merchant_id, product_id, shop_item_id, store_id, status, ordered_at,
    quantity, unit_price, unit_cost, commission, quantity_shipped, shipped_at, cancelled_quantity, cancelled_by,
    ship_by, issue_at)
select i, o.id, 1 + (p - 1) %% %(merchants)s, p, i, o.store_id, o.status, o.placed_at, quantity, price,
       case when is_loss then round(price * 1.05, 2) else round(price * 0.6, 2) end, round(price * 0.1, 2), shipped,
       case when shipped > 0 then o.placed_at + interval '1 day' end, cancelled,
       case when cancelled > 0 then 'seller' else '' end, o.placed_at + interval '5 days',
       case when is_loss then o.placed_at end
from generate_series(1, %(items)s) i
join inventory_ops_order o on o.id = (i - 1) * 2 / 5 + 1
cross join lateral (select 1 + (power(pg_temp.u(i, 32), 2) * 0.85 * %(products)s)::bigint as p,
    1 + (pg_temp.u(i, 33) * 3)::int as quantity, pg_temp.u(i, 34) < 0.015 as is_loss,
    pg_temp.u(i, 35) < 0.019 as is_short) x
cross join lateral (select (5 + (pg_temp.u(p, 8) * 195)::int + 0.99)::numeric as price,
    case when o.status = 3 then case when is_short then quantity - 1 else quantity end else 0 end as shipped) y
cross join lateral (select case when is_short and o.status = 3 and i %% 2 = 0 then quantity - shipped else 0 end
    as cancelled) z;
select setval(pg_get_serial_sequence(t, 'id'), %(items)s + 1)
from unnest(array['inventory_ops_order', 'inventory_ops_orderitem']) t;
"""

CARTS = """
insert into inventory_ops_order (id, number, store_id, status, customer_email, currency, total_amount, promo_code,
    promo_value, comment, created_at, last_activity_at)
select %(items)s + o, 'C' || lpad(o::text, 9, '0'), 1 + o %% 20, 1, 'guest' || hashint8(o) || '@example.org', 'GBP',
       10 + (pg_temp.u(o, 41) * 300)::int, case when o %% 7 = 0 then 'PROMO' || o %% 40 else '' end,
       case when o %% 7 = 0 then 5 end, case when o %% 5 = 0 then 'The page did not load, try ' || o else '' end, at, at
from generate_series(1, %(carts)s) o
cross join lateral (select now() - pg_temp.u(o, 42) * interval '730 days' as at) a;
insert into inventory_ops_orderitem (id, order_id, merchant_id, product_id, shop_item_id, store_id, status, ordered_at,
    quantity, unit_price, unit_cost, quantity_shipped, cancelled_quantity, cancelled_by, issue_at)
select %(items)s + i, %(items)s + i, 1 + (p - 1) %% %(merchants)s, p, %(items)s + i, o.store_id, 1, o.created_at, 1,
       price, case when is_loss then round(price * 1.05, 2) else round(price * 0.6, 2) end, 0, 0, '',
       case when is_loss then o.created_at end
from generate_series(1, %(carts)s) i join inventory_ops_order o on o.id = %(items)s + i
cross join lateral (select 1 + (pg_temp.u(i, 43) * 0.85 * %(products)s)::bigint as p,
    pg_temp.u(i, 44) < 0.015 as is_loss) x
cross join lateral (select (5 + (pg_temp.u(p, 8) * 195)::int + 0.99)::numeric as price) y;
insert into inventory_ops_orderitemkey (id, order_id, product_id, store_id, shop_item_id, ordered_at)
select id, order_id, product_id, store_id, shop_item_id, ordered_at from inventory_ops_orderitem;
insert into inventory_ops_paymentattempt (order_id, attempted_at, succeeded, code, message)
select id, created_at, false, 'E' || id %% 9, 'Declined by the bank' from inventory_ops_order
where status = 1 and pg_temp.u(id, 45) < 0.3;
select setval(pg_get_serial_sequence(t, 'id'), %(items)s + %(carts)s + 1)
from unnest(array['inventory_ops_order', 'inventory_ops_orderitem']) t;
"""

# Digests are left empty: nothing here proves the ledger, and 20,000,000 hashes would be a third of the time.
EVENTS = """
select inventory_ops_make_ledger_partition((date_trunc('month', now()) - n * interval '1 month')::date)
from generate_series(1, 24) n;
insert into inventory_ops_inventoryevent (id, recorded_at, occurred_at, merchant_id, product_id, balance_id,
    inventory_type_id, location_id, kind, quantity, quantity_after, sequence, reason, note, source, reference, actor,
    digest)
select i, at, at, b.merchant_id, b.product_id, b.id, b.inventory_type_id, b.location_id, kind,
       case when kind = 'received' then 1 + (pg_temp.u(i, 51) * 30)::int else -1 - (pg_temp.u(i, 51) * 3)::int end,
       (pg_temp.u(i, 52) * 90)::int, 1 + (i - 1) / %(lots)s, case when kind = 'adjusted' then 'count' else '' end, '',
       case when kind = 'adjusted' then 'page' else 'channel' end, 'R' || i / 3,
       case when kind = 'adjusted' then 'clerk' || i %% 7 || '@example.com' else '' end, ''
from generate_series(1, %(events)s) i
join inventory_ops_stockbalance b on b.id = 1 + (i::bigint * 7919) %% %(lots)s
cross join lateral (select now() - (1 - i::float8 / %(events)s) * interval '720 days' as at,
    case when pg_temp.u(i, 50) < 0.2 then 'received' when pg_temp.u(i, 50) < 0.9 then 'shipped' else 'adjusted' end
        as kind) x;
select setval(pg_get_serial_sequence('inventory_ops_inventoryevent', 'id'), %(events)s + 1);
insert into inventory_ops_eventactor (name) select distinct actor from inventory_ops_inventoryevent where actor <> '';
"""

PRODUCT_STATISTICS = """
insert into inventory_ops_productstock (product_id, merchant_id, on_hand, available, value, category_id, is_live)
select id, merchant_id, 0, 0, 0, category_id, is_live from inventory_ops_product;
insert into inventory_ops_productdemand (product_id, merchant_id) select id, merchant_id from inventory_ops_product;
analyze inventory_ops_orderitem, inventory_ops_orderitemkey, inventory_ops_stockbalance, inventory_ops_product;
select inventory_ops_rebuild_product_stock();
select inventory_ops_rebuild_product_demand();
select inventory_ops_rebuild_stock_totals();
select inventory_ops_rebuild_watched();
"""

BASE: list[tuple[str, Step]] = [
    ("merchants and products", _catalogue),
    ("stock", _stock),
    ("orders", _orders),
    ("ledger", _events),
    ("statistics of products", _product_statistics),
    ("tables of issues", _issue_tables),
]
