"""One trigger keeps what is summed up of stock, by what a statement changed instead of by reading it all again.

And the indexes go that every booking writes and no query needs: those that another one begins with, and those of a
handful of types and locations.
"""

import django.db.models.deletion
from django.db import migrations, models

# that of a primary key of text for LIKE, which nobody asks of keys
LIKE = "drop index if exists inventory_ops_eventkey_key_72dda22a_like"
LIKE_BACK = "create index inventory_ops_eventkey_key_72dda22a_like on inventory_ops_eventkey (key varchar_pattern_ops)"

# The plans of these functions live as long as a session: with `enable_seqscan` off they hold when tables have grown.
STOCK = """
drop trigger product_statistics_insert on inventory_ops_stockbalance;
drop trigger product_statistics_update on inventory_ops_stockbalance;
drop trigger product_statistics_delete on inventory_ops_stockbalance;
drop trigger stock_totals_insert on inventory_ops_stockbalance;
drop trigger stock_totals_update on inventory_ops_stockbalance;
drop trigger stock_totals_delete on inventory_ops_stockbalance;
drop function inventory_ops_stats_of_balances, inventory_ops_add_stock, inventory_ops_totals_of_balances,
    inventory_ops_reread_stock;

-- Adds the changes of some products and types. Rows are locked in one order, whatever the plan; the addition is done
-- to the locked row, so the second of two writers at once adds to what the first has left. The nearest expiry, which
-- cannot be added up, is read again under those locks, and only where a lot with a date was emptied, filled or dated.
create function inventory_ops_add_stock(products bigint[], types bigint[], units bigint[], held bigint[],
    dated boolean[], is_new boolean) returns void language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    if products is null then
        return;
    end if;
    if is_new then
        insert into inventory_ops_stocktotal (product_id, inventory_type_id, merchant_id, on_hand, allocated, available)
        select x.product, x.type, p.merchant_id, 0, 0, 0 from unnest(products, types) x (product, type)
        join inventory_ops_product p on p.id = x.product order by 1, 2 on conflict do nothing;
    end if;
    update inventory_ops_stocktotal t
    set on_hand = t.on_hand + l.units, allocated = t.allocated + l.held, available = t.available + l.units - l.held
    from (
        select k.product_id, k.inventory_type_id, d.units, d.held
        from unnest(products, types, units, held) d (product, type, units, held)
        join inventory_ops_stocktotal k on k.product_id = d.product and k.inventory_type_id = d.type
        order by k.product_id, k.inventory_type_id for no key update of k
    ) l where t.product_id = l.product_id and t.inventory_type_id = l.inventory_type_id
        and (l.units <> 0 or l.held <> 0);
    if true = any(dated) then
        update inventory_ops_stocktotal t set nearest_expiry = e.nearest
        from unnest(products, types, dated) d (product, type, dated)
        cross join lateral (select min(b.expires_on) as nearest from inventory_ops_stockbalance b
            where b.product_id = d.product and b.inventory_type_id = d.type and b.on_hand > 0) e
        where d.dated and t.product_id = d.product and t.inventory_type_id = d.type
            and t.nearest_expiry is distinct from e.nearest;
    end if;
    update inventory_ops_productstock s
    set on_hand = s.on_hand + l.units, available = s.available + l.units - l.held,
        value = inventory_ops_stock_value(p.cost, p.price, s.on_hand + l.units)
    from (
        select k.product_id, d.units, d.held
        from (select x.product, sum(x.units)::bigint as units, sum(x.held)::bigint as held
              from unnest(products, types, units, held) x (product, type, units, held)
              join inventory_ops_inventorytype t on t.id = x.type and t.is_sellable
              group by x.product having sum(x.units) <> 0 or sum(x.held) <> 0) d
        join inventory_ops_productstock k on k.product_id = d.product order by k.product_id for no key update of k
    ) l join inventory_ops_product p on p.id = l.product_id
    where s.product_id = l.product_id;
end $$;

create function inventory_ops_keep_stock_totals() returns trigger language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    if tg_op = 'INSERT' then
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(inventory_type_id), array_agg(units),
            array_agg(held), array_agg(dated), true)
        from (select product_id, inventory_type_id, sum(on_hand) as units, sum(allocated) as held,
                     bool_or(expires_on is not null and on_hand > 0) as dated
              from changed group by product_id, inventory_type_id order by product_id, inventory_type_id) x;
    elsif tg_op = 'UPDATE' then
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(inventory_type_id), array_agg(units),
            array_agg(held), array_agg(dated), bool_or(is_moved))
        from (
            select x.product_id, x.inventory_type_id, sum(x.units) as units, sum(x.held) as held,
                   bool_or(x.dated) as dated, bool_or(x.is_moved) as is_moved
            from changed c join before b on b.id = c.id
            cross join lateral (
                select c.product_id, c.inventory_type_id, c.on_hand - b.on_hand as units,
                       c.allocated - b.allocated as held, false as is_moved,
                       c.expires_on is distinct from b.expires_on
                       or c.expires_on is not null and (c.on_hand > 0) <> (b.on_hand > 0) as dated
                where (c.product_id, c.inventory_type_id) = (b.product_id, b.inventory_type_id)
                union all
                select c.product_id, c.inventory_type_id, c.on_hand, c.allocated, true, true
                where (c.product_id, c.inventory_type_id) <> (b.product_id, b.inventory_type_id)
                union all
                select b.product_id, b.inventory_type_id, -b.on_hand, -b.allocated, true, true
                where (c.product_id, c.inventory_type_id) <> (b.product_id, b.inventory_type_id)
            ) x
            where x.units <> 0 or x.held <> 0 or x.dated
            group by x.product_id, x.inventory_type_id order by x.product_id, x.inventory_type_id) y;
    else
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(inventory_type_id), array_agg(units),
            array_agg(held), array_agg(dated), false)
        from (select product_id, inventory_type_id, -sum(on_hand) as units, -sum(allocated) as held,
                     bool_or(expires_on is not null) as dated
              from before group by product_id, inventory_type_id order by product_id, inventory_type_id) x;
        delete from inventory_ops_stocktotal t using before b
        where t.product_id = b.product_id and t.inventory_type_id = b.inventory_type_id
          and not exists (select from inventory_ops_stockbalance o
                          where o.product_id = b.product_id and o.inventory_type_id = b.inventory_type_id);
    end if;
    return null;
end $$;
create trigger stock_totals_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function inventory_ops_keep_stock_totals();
create trigger stock_totals_update after update on inventory_ops_stockbalance
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_keep_stock_totals();
create trigger stock_totals_delete after delete on inventory_ops_stockbalance referencing old table as before
    for each statement execute function inventory_ops_keep_stock_totals();
"""
STOCK_BACK = """
drop trigger stock_totals_insert on inventory_ops_stockbalance;
drop trigger stock_totals_update on inventory_ops_stockbalance;
drop trigger stock_totals_delete on inventory_ops_stockbalance;
drop function inventory_ops_keep_stock_totals;
drop function inventory_ops_add_stock(bigint[], bigint[], bigint[], bigint[], boolean[], boolean);

create function inventory_ops_add_stock(products bigint[], units bigint[], free_units bigint[]) returns void
language sql as $$
    update inventory_ops_productstock s
    set on_hand = s.on_hand + l.units, available = s.available + l.free_units,
        value = inventory_ops_stock_value(p.cost, p.price, s.on_hand + l.units)
    from (
        select k.product_id, d.units, d.free_units from unnest(products, units, free_units) d (id, units, free_units)
        join inventory_ops_productstock k on k.product_id = d.id order by k.product_id for no key update of k
    ) l join inventory_ops_product p on p.id = l.product_id
    where s.product_id = l.product_id
$$;

create function inventory_ops_stats_of_balances() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(units), array_agg(free_units)) from (
            select b.product_id, sum(b.on_hand) as units, sum(b.on_hand - b.allocated) as free_units
            from changed b join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable
            group by b.product_id having sum(b.on_hand) <> 0 or sum(b.allocated) <> 0) x;
    elsif tg_op = 'UPDATE' then
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(units), array_agg(free_units)) from (
            select b.product_id, sum(b.factor * b.on_hand) as units,
                   sum(b.factor * (b.on_hand - b.allocated)) as free_units
            from (select 1 as factor, product_id, inventory_type_id, on_hand, allocated from changed
                  union all select -1, product_id, inventory_type_id, on_hand, allocated from before) b
            join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable
            group by b.product_id having sum(b.factor * b.on_hand) <> 0 or sum(b.factor * b.allocated) <> 0) x;
    else
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(-units), array_agg(-free_units)) from (
            select b.product_id, sum(b.on_hand) as units, sum(b.on_hand - b.allocated) as free_units
            from before b join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable
            group by b.product_id having sum(b.on_hand) <> 0 or sum(b.allocated) <> 0) x;
    end if;
    return null;
end $$;
create trigger product_statistics_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function inventory_ops_stats_of_balances();
create trigger product_statistics_update after update on inventory_ops_stockbalance
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_stats_of_balances();
create trigger product_statistics_delete after delete on inventory_ops_stockbalance referencing old table as before
    for each statement execute function inventory_ops_stats_of_balances();

create function inventory_ops_reread_stock(products bigint[], types bigint[]) returns void language plpgsql as $$
begin
    if products is null then
        return;
    end if;
    insert into inventory_ops_stocktotal (product_id, inventory_type_id, merchant_id, on_hand, allocated, available)
    select x.product, x.type, p.merchant_id, 0, 0, 0 from unnest(products, types) x (product, type)
    join inventory_ops_product p on p.id = x.product
    where not exists (select from inventory_ops_stocktotal t
                      where t.product_id = x.product and t.inventory_type_id = x.type)
    order by 1, 2 on conflict do nothing;
    perform from inventory_ops_stocktotal t join unnest(products, types) x (product, type)
        on t.product_id = x.product and t.inventory_type_id = x.type order by t.product_id, t.inventory_type_id
        for no key update of t;
    update inventory_ops_stocktotal t set on_hand = s.on_hand, allocated = s.allocated,
        available = s.on_hand - s.allocated, nearest_expiry = s.nearest_expiry
    from unnest(products, types) x (product, type)
    cross join lateral (
        select coalesce(sum(b.on_hand), 0) as on_hand, coalesce(sum(b.allocated), 0) as allocated,
               min(b.expires_on) filter (where b.on_hand > 0) as nearest_expiry
        from inventory_ops_stockbalance b where b.product_id = x.product and b.inventory_type_id = x.type
    ) s
    where t.product_id = x.product and t.inventory_type_id = x.type
      and (t.on_hand, t.allocated, t.nearest_expiry) is distinct from (s.on_hand, s.allocated, s.nearest_expiry);
end $$;

create function inventory_ops_totals_of_balances() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform inventory_ops_reread_stock(array_agg(product_id), array_agg(inventory_type_id)) from (
            select distinct product_id, inventory_type_id from changed) x;
    elsif tg_op = 'UPDATE' then
        perform inventory_ops_reread_stock(array_agg(product_id), array_agg(inventory_type_id)) from (
            select c.product_id, c.inventory_type_id from changed c join before b on b.id = c.id
            where (b.product_id, b.inventory_type_id, b.on_hand, b.allocated, b.expires_on)
                is distinct from (c.product_id, c.inventory_type_id, c.on_hand, c.allocated, c.expires_on)
            union
            select b.product_id, b.inventory_type_id from changed c join before b on b.id = c.id
            where (b.product_id, b.inventory_type_id) is distinct from (c.product_id, c.inventory_type_id)) x;
    else
        perform inventory_ops_reread_stock(array_agg(product_id), array_agg(inventory_type_id)) from (
            select distinct product_id, inventory_type_id from before) x;
        delete from inventory_ops_stocktotal t using before b
        where t.product_id = b.product_id and t.inventory_type_id = b.inventory_type_id
          and not exists (select from inventory_ops_stockbalance o
                          where o.product_id = b.product_id and o.inventory_type_id = b.inventory_type_id);
    end if;
    return null;
end $$;
create trigger stock_totals_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function inventory_ops_totals_of_balances();
create trigger stock_totals_update after update on inventory_ops_stockbalance
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_totals_of_balances();
create trigger stock_totals_delete after delete on inventory_ops_stockbalance referencing old table as before
    for each statement execute function inventory_ops_totals_of_balances();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0011_list_indexes_2"),
    ]

    operations = [
        migrations.RunSQL(STOCK, STOCK_BACK),
        migrations.RunSQL(LIKE, LIKE_BACK),
        migrations.AlterField(
            model_name="orderitem",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="order_items",
                to="inventory_ops.product",
            ),
        ),
        migrations.AlterField(
            model_name="stockbalance",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="balances",
                to="inventory_ops.product",
            ),
        ),
        migrations.AlterField(
            model_name="stockbalance",
            name="inventory_type",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory_ops.inventorytype",
            ),
        ),
        migrations.AlterField(
            model_name="stockbalance",
            name="location",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory_ops.location",
            ),
        ),
    ]
