-- When a product was first and last ordered (placed or closed, not wholly cancelled), kept by statement as order
-- items change. Products without orders (`queries/demand.py`) reads it; `inventory_ops_rebuild_product_demand`
-- makes it anew, and must say the same.

create or replace function inventory_ops_demand_of_new_items()
returns trigger
language plpgsql
as $function$
begin
    perform from inventory_ops_productdemand where product_id in (
        select product_id from inserted where status in (2, 3) and quantity > cancelled_quantity)
        order by product_id for no key update;
    update inventory_ops_productdemand d set first_ordered_at = least(d.first_ordered_at, x.first_at),
        last_ordered_at = greatest(d.last_ordered_at, x.last_at)
    from (
        select product_id, min(ordered_at) as first_at, max(ordered_at) as last_at from inserted
        where status in (2, 3) and quantity > cancelled_quantity group by product_id
    ) x where d.product_id = x.product_id
      and (d.last_ordered_at is null or x.last_at > d.last_ordered_at or x.first_at < d.first_ordered_at);
    return null;
end $function$;

create or replace function inventory_ops_reread_demand(products bigint[])
returns void
language plpgsql
as $function$
begin
    if products is null then
        return;
    end if;
    perform from inventory_ops_productdemand where product_id = any(products) order by product_id for no key update;
    update inventory_ops_productdemand d set first_ordered_at = x.first_at, last_ordered_at = x.last_at
    from unnest(products) p (id)
    cross join lateral (
        select (select i.ordered_at from inventory_ops_orderitem i where i.product_id = p.id and i.status in (2, 3)
                and i.quantity > i.cancelled_quantity order by i.ordered_at limit 1) as first_at,
               (select i.ordered_at from inventory_ops_orderitem i where i.product_id = p.id and i.status in (2, 3)
                and i.quantity > i.cancelled_quantity order by i.ordered_at desc limit 1) as last_at
    ) x where d.product_id = p.id
      and (d.first_ordered_at, d.last_ordered_at) is distinct from (x.first_at, x.last_at);
end $function$;

create or replace function inventory_ops_demand_of_changed_items()
returns trigger
language plpgsql
as $function$
begin
    if tg_op = 'UPDATE' then
        perform inventory_ops_reread_demand(array_agg(distinct x.product_id)) from (
            (select id, product_id, ordered_at, status in (2, 3) and quantity > cancelled_quantity from changed
             except
             select id, product_id, ordered_at, status in (2, 3) and quantity > cancelled_quantity from before)
            union all
            (select id, product_id, ordered_at, status in (2, 3) and quantity > cancelled_quantity from before
             except
             select id, product_id, ordered_at, status in (2, 3) and quantity > cancelled_quantity from changed)
        ) x;
    else
        perform inventory_ops_reread_demand(array_agg(distinct product_id)) from before
            where status in (2, 3) and quantity > cancelled_quantity;
    end if;
    return null;
end $function$;

create or replace function inventory_ops_rebuild_product_demand()
returns void
language sql
as $function$
    update inventory_ops_productdemand d set first_ordered_at = x.first_at, last_ordered_at = x.last_at
    from (
        select p.id, min(i.ordered_at) as first_at, max(i.ordered_at) as last_at
        from inventory_ops_product p left join inventory_ops_orderitem i on i.product_id = p.id
            and i.status in (2, 3) and i.quantity > i.cancelled_quantity group by p.id
    ) x where d.product_id = x.id
      and (d.first_ordered_at, d.last_ordered_at) is distinct from (x.first_at, x.last_at)
$function$;

create or replace trigger product_demand_delete after delete on inventory_ops_orderitem referencing old table as before
    for each statement execute function inventory_ops_demand_of_changed_items();

create or replace trigger product_demand_insert after insert on inventory_ops_orderitem referencing new table as inserted
    for each statement execute function inventory_ops_demand_of_new_items();

create or replace trigger product_demand_update after update on inventory_ops_orderitem
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_demand_of_changed_items();
