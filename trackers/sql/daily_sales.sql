-- What was sold and shipped of a product on each day of its merchant's time zone, kept as order items change. The
-- health of trackers (`trackers/queries.py`) reads it; `trackers_rebuild` makes it anew for a merchant whose zone
-- changed, and `verify_ledger` compares.

create or replace function trackers_on_items_inserted()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_productday as d (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, sum(sold), sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.quantity - l.cancelled_quantity as sold, 0 as shipped
        from inserted l join inventory_ops_merchant m on m.id = l.merchant_id where l.status in (2, 3)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0, l.quantity_shipped
        from inserted l join inventory_ops_merchant m on m.id = l.merchant_id where l.quantity_shipped > 0
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0
    order by product_id, day
    on conflict (product_id, day) do update set sold = d.sold + excluded.sold, shipped = d.shipped + excluded.shipped;
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(ordered_at) from inserted where status in (2, 3) group by product_id order by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select l.product_id, t.id from (select distinct product_id from inserted) l
    cross join inventory_ops_inventorytype t where t.code = 'good' order by 1, 2 on conflict do nothing;
    return null;
end $function$;

create or replace function trackers_on_items_changed()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_productday as d (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, sum(sold), sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.factor * (l.quantity - l.cancelled_quantity) as sold, 0 as shipped
        from (select 1 as factor, n.* from changed n union all select -1, o.* from before o) l
        join inventory_ops_merchant m on m.id = l.merchant_id where l.status in (2, 3)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0,
               l.factor * l.quantity_shipped
        from (select 1 as factor, n.* from changed n union all select -1, o.* from before o) l
        join inventory_ops_merchant m on m.id = l.merchant_id where l.quantity_shipped > 0
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0
    order by product_id, day
    on conflict (product_id, day) do update set sold = d.sold + excluded.sold, shipped = d.shipped + excluded.shipped;
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(ordered_at) from changed where status in (2, 3) group by product_id order by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select l.product_id, t.id from (select product_id from changed union select product_id from before) l
    cross join inventory_ops_inventorytype t where t.code = 'good' order by 1, 2 on conflict do nothing;
    return null;
end $function$;

create or replace function trackers_on_items_deleted()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_productday as d (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, -sum(sold), -sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.quantity - l.cancelled_quantity as sold, 0 as shipped
        from before l join inventory_ops_merchant m on m.id = l.merchant_id where l.status in (2, 3)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0, l.quantity_shipped
        from before l join inventory_ops_merchant m on m.id = l.merchant_id where l.quantity_shipped > 0
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0
    order by product_id, day
    on conflict (product_id, day) do update set sold = d.sold + excluded.sold, shipped = d.shipped + excluded.shipped;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select l.product_id, t.id from (select distinct product_id from before) l
    cross join inventory_ops_inventorytype t where t.code = 'good' order by 1, 2 on conflict do nothing;
    return null;
end $function$;

create or replace function trackers_rebuild(merchants bigint[])
returns void
language plpgsql
as $function$
begin
    delete from trackers_productday where merchant_id = any(merchants);
    insert into trackers_productday (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, sum(sold), sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.quantity - l.cancelled_quantity as sold, 0 as shipped
        from inventory_ops_orderitem l join inventory_ops_merchant m on m.id = l.merchant_id
        where l.status in (2, 3) and m.id = any(merchants)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0, l.quantity_shipped
        from inventory_ops_orderitem l join inventory_ops_merchant m on m.id = l.merchant_id
        where l.quantity_shipped > 0 and m.id = any(merchants)
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0;
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(at) from (
        select product_id, ordered_at as at from inventory_ops_orderitem
        where status in (2, 3) and merchant_id = any(merchants)
        union all
        select product_id, occurred_at from inventory_ops_inventoryevent
        where merchant_id = any(merchants) and quantity > 0 and kind not in ('allocated', 'released')
    ) x group by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select distinct product_id, inventory_type_id from trackers_tracker where merchant_id = any(merchants)
    order by 1, 2 on conflict do nothing;
end $function$;

create or replace trigger trackers_delete after delete on inventory_ops_orderitem referencing old table as before
    for each statement execute function trackers_on_items_deleted();

create or replace trigger trackers_insert after insert on inventory_ops_orderitem referencing new table as inserted
    for each statement execute function trackers_on_items_inserted();

create or replace trigger trackers_update after update on inventory_ops_orderitem
    referencing new table as changed old table as before for each statement execute function trackers_on_items_changed();
