"""Triggers pair rows before and after without a join, and seal events by an expression that is taken in."""

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

AVAILABILITY_NOTES_BEFORE = """
create or replace function inventory_ops_note_availability()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_channelchange (channel_id, listing_id)
    select l.channel_id, l.id
    from (select n.id from changed n join before o on o.id = n.id where n.is_live <> o.is_live) p
    join inventory_ops_channellisting l on l.product_id = p.id
    join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    return null;
end $function$;
"""

CHANNEL_NOTES_BEFORE = """
create or replace function inventory_ops_note_stock_change()
returns trigger
language plpgsql
as $function$
begin
    if tg_op = 'INSERT' then
        insert into inventory_ops_channelchange (channel_id, listing_id)
        select l.channel_id, l.id from (select distinct product_id from changed) n
        join inventory_ops_channellisting l on l.product_id = n.product_id
        join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    else
        insert into inventory_ops_channelchange (channel_id, listing_id)
        select l.channel_id, l.id
        from (select distinct n.product_id from changed n join before o on o.id = n.id
              where n.on_hand - n.allocated <> o.on_hand - o.allocated) n
        join inventory_ops_channellisting l on l.product_id = n.product_id
        join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    end if;
    return null;
end $function$;
"""

DEMAND_BEFORE = """
create or replace function inventory_ops_demand_of_changed_items()
returns trigger
language plpgsql
as $function$
begin
    if tg_op = 'UPDATE' then
        perform inventory_ops_reread_demand(array_agg(distinct x.product_id)) from (
            select unnest(array[b.product_id, c.product_id]) as product_id
            from changed c join before b on b.id = c.id
            where (b.product_id, b.ordered_at, b.status in (2, 3) and b.quantity > b.cancelled_quantity)
               is distinct from (c.product_id, c.ordered_at, c.status in (2, 3) and c.quantity > c.cancelled_quantity)
        ) x;
    else
        perform inventory_ops_reread_demand(array_agg(distinct product_id)) from before
            where status in (2, 3) and quantity > cancelled_quantity;
    end if;
    return null;
end $function$;
"""

ISSUE_NOTES_BEFORE = """
create or replace function inventory_ops_issues_of_changed_products()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key)
    select case when (b.merchant_id, b.sku, b.name, b.brand_name, b.category_id)
                is distinct from (c.merchant_id, c.sku, c.name, c.brand_name, c.category_id)
           then 'product' else 'price' end, c.id
    from changed c join before b on b.id = c.id
    where (b.merchant_id, b.sku, b.name, b.brand_name, b.category_id, b.price, b.special_price, b.special_from,
           b.special_to, b.cost)
        is distinct from (c.merchant_id, c.sku, c.name, c.brand_name, c.category_id, c.price, c.special_price,
           c.special_from, c.special_to, c.cost);
    if exists (select from changed c join before b on b.id = c.id
               where inventory_ops_cost_near_own_price(b.cost, b.price, b.special_price)
                  <> inventory_ops_cost_near_own_price(c.cost, c.price, c.special_price)) then
        -- with those that the statistics lock after this: all in one order
        perform inventory_ops_watch_stock(array_agg(c.id)) from changed c join before b on b.id = c.id
        where (b.cost, b.price, b.special_price) is distinct from (c.cost, c.price, c.special_price);
    end if;
    return null;
end $function$;
"""

PRODUCT_STATISTICS_BEFORE = """
create or replace function inventory_ops_stats_of_changed_products()
returns trigger
language plpgsql
as $function$
begin
    update inventory_ops_productstock s
    set value = inventory_ops_stock_value(l.cost, l.price, s.on_hand), category_id = l.category_id, is_live = l.is_live
    from (
        select k.product_id, c.cost, c.price, c.category_id, c.is_live from changed c join before b on b.id = c.id
        join inventory_ops_productstock k on k.product_id = c.id
        where (coalesce(c.cost, c.price), c.category_id, c.is_live)
            is distinct from (coalesce(b.cost, b.price), b.category_id, b.is_live)
        order by k.product_id for no key update of k
    ) l where s.product_id = l.product_id;
    return null;
end $function$;
"""

STOCK_TOTALS_BEFORE = """
create or replace function inventory_ops_keep_stock_totals()
returns trigger
language plpgsql
SET enable_seqscan TO 'off'
SET plan_cache_mode TO 'force_generic_plan'
as $function$
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
end $function$;
"""

LEDGER_BEFORE = """
create or replace function inventory_ops_event_digest(e inventory_ops_inventoryevent)
returns bytea
language sql
immutable parallel safe
as $function$
    select sha256(convert_to(concat_ws('|',
        e.id, (extract(epoch from e.recorded_at) * 1000000)::bigint, (extract(epoch from e.occurred_at) * 1000000)::bigint,
        e.merchant_id, e.product_id, e.balance_id, e.inventory_type_id, e.location_id, e.kind, e.quantity,
        e.quantity_after, e.sequence, e.reason, replace(e.note, '|', '\\|'), e.source, replace(e.reference, '|', '\\|'),
        replace(e.actor, '|', '\\|'), coalesce(e.batch::text, '\\N'), coalesce(e.order_item_id::text, '\\N'),
        coalesce(e.reverses_id::text, '\\N'), coalesce(e.counted_quantity::text, '\\N')), 'UTF8'))
$function$;

create or replace function inventory_ops_seal_event()
returns trigger
language plpgsql
as $function$
begin
    new.digest := inventory_ops_event_digest(new);
    return new;
end $function$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0029_changes_for_scans"),
    ]

    operations = [
        ApplySql("inventory_ops", "availability_notes", "b1d0894446744352", before=AVAILABILITY_NOTES_BEFORE),
        ApplySql("inventory_ops", "channel_notes", "7a49e370dbb40fb6", before=CHANNEL_NOTES_BEFORE),
        ApplySql("inventory_ops", "demand", "8e8721685b096769", before=DEMAND_BEFORE),
        ApplySql("inventory_ops", "issue_notes", "7ddfa5e840f8964a", before=ISSUE_NOTES_BEFORE),
        ApplySql("inventory_ops", "product_statistics", "f2c432f492b71076", before=PRODUCT_STATISTICS_BEFORE),
        ApplySql("inventory_ops", "stock_totals", "2d4b4f389c23b8c3", before=STOCK_TOTALS_BEFORE),
        ApplySql("inventory_ops", "ledger", "3367325cd06f3912", before=LEDGER_BEFORE),
    ]
