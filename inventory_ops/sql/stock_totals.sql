-- On hand, available and value by product, and their sums by merchant, category and type: kept by statement as
-- balances change, locked in the order of products so that writers at once never wait in a circle. Stock inquiry
-- and the reports read them; the functions named rebuild make them anew, and must say the same.
--
-- Rows before and after are grouped by id, not joined: the plan of a trigger is made once a connection, and one made for
-- a single row would compare each row of a load with each.

create or replace function inventory_ops_stock_value(cost numeric, price numeric, on_hand bigint)
returns numeric
language sql
immutable parallel safe
as $function$ select coalesce(cost, price) * greatest(on_hand, 0) $function$;

create or replace function inventory_ops_rebuild_product_stock()
returns void
language sql
as $function$
    update inventory_ops_productstock s set on_hand = x.on_hand, available = x.available,
        value = inventory_ops_stock_value(x.cost, x.price, x.on_hand)
    from (
        select p.id, p.cost, p.price, coalesce(b.on_hand, 0) as on_hand, coalesce(b.available, 0) as available
        from inventory_ops_product p left join (
            select b.product_id, sum(b.on_hand) as on_hand, sum(b.on_hand - b.allocated) as available
            from inventory_ops_stockbalance b
            join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable group by b.product_id
        ) b on b.product_id = p.id
    ) x where s.product_id = x.id and (s.on_hand, s.available, s.value)
        is distinct from (x.on_hand, x.available, inventory_ops_stock_value(x.cost, x.price, x.on_hand))
$function$;

create or replace function inventory_ops_rebuild_stock_totals()
returns void
language sql
as $function$
    delete from inventory_ops_stocktotal;
    insert into inventory_ops_stocktotal (product_id, inventory_type_id, merchant_id, on_hand, allocated, available,
        nearest_expiry)
    select product_id, inventory_type_id, min(merchant_id), sum(on_hand), sum(allocated), sum(on_hand - allocated),
           min(expires_on) filter (where on_hand > 0)
    from inventory_ops_stockbalance group by product_id, inventory_type_id
$function$;

create or replace function inventory_ops_add_stock(products bigint[], types bigint[], units bigint[],
    held bigint[], dated boolean[], is_new boolean)
returns void
language plpgsql
SET enable_seqscan TO 'off'
SET plan_cache_mode TO 'force_generic_plan'
as $function$
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
end $function$;

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
            select x.product_id, x.inventory_type_id, sum(x.units)::bigint as units, sum(x.held)::bigint as held,
                   bool_or(x.dated) as dated, bool_or(x.is_moved) as is_moved
            from (select product_id, inventory_type_id, sum(sign * on_hand) as units, sum(sign * allocated) as held,
                         count(*) = 1 or count(expiry) = 1 or min(expiry) <> max(expiry) as dated,
                         count(*) = 1 as is_moved
                  from (select 1 as sign, id, product_id, inventory_type_id, on_hand, allocated,
                               case when on_hand > 0 then expires_on end as expiry from changed
                        union all
                        select -1, id, product_id, inventory_type_id, on_hand, allocated,
                               case when on_hand > 0 then expires_on end from before) v
                  group by id, product_id, inventory_type_id) x
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

create or replace trigger stock_totals_delete after delete on inventory_ops_stockbalance referencing old table as before
    for each statement execute function inventory_ops_keep_stock_totals();

create or replace trigger stock_totals_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function inventory_ops_keep_stock_totals();

create or replace trigger stock_totals_update after update on inventory_ops_stockbalance
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_keep_stock_totals();
