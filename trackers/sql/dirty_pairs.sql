-- Pairs of product and inventory type whose health may have changed since it was last computed.
-- `trackers/operations/health.py` takes them and evaluates their trackers.

create or replace function trackers_on_stock()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select distinct product_id, inventory_type_id from changed order by 1, 2 on conflict do nothing;
    return null;
end $function$;

create or replace function trackers_on_lost_stock()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_dirtypair (product_id, inventory_type_id) values (old.product_id, old.inventory_type_id);
    return null;
end $function$;

-- Days without stock or sales count from then on, for stock of every type.
create or replace function trackers_on_first()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select new.product_id, id from inventory_ops_inventorytype;
    return null;
end $function$;

create or replace function trackers_on_events()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_productfirststock as f (product_id, first_at)
    select x.product_id, x.first_at from (
        select product_id, min(occurred_at) as first_at from inserted
        where quantity > 0 and kind not in ('allocated', 'released') group by product_id
    ) x
    -- hardly any is earlier than what is known
    where not exists (select from trackers_productfirst k where k.product_id = x.product_id and k.first_at <= x.first_at)
      and not exists (select from trackers_productfirststock k
                      where k.product_id = x.product_id and k.first_at <= x.first_at)
    order by x.product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    return null;
end $function$;

create or replace function trackers_on_timezone()
returns trigger
language plpgsql
as $function$
begin
    perform trackers_rebuild(array[new.id]);
    return null;
end $function$;

create or replace function trackers_on_products_inserted()
returns trigger
language plpgsql
as $function$
begin
    insert into trackers_productfirst as f (product_id, first_at)
    select id, created_at from inserted order by id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    return null;
end $function$;

create or replace function trackers_on_products_changed()
returns trigger
language plpgsql
as $function$
begin
    update trackers_productfirst f set first_at = x.first_at
    from (
        select c.id, least(c.created_at,
            (select min(i.ordered_at) from inventory_ops_orderitem i where i.product_id = c.id and i.status in (2, 3)),
            (select min(e.occurred_at) from inventory_ops_inventoryevent e where e.product_id = c.id
                and e.quantity > 0 and e.kind not in ('allocated', 'released'))) as first_at
        from (select id, created_at from changed except select id, created_at from before) c order by c.id
    ) x where f.product_id = x.id and f.first_at <> x.first_at;
    return null;
end $function$;

create or replace trigger trackers_insert after insert on inventory_ops_inventoryevent referencing new table as inserted
    for each statement execute function trackers_on_events();

create or replace trigger trackers_timezone after update of timezone on inventory_ops_merchant for each row
    when (old.timezone is distinct from new.timezone) execute function trackers_on_timezone();

create or replace trigger trackers_insert after insert on inventory_ops_product referencing new table as inserted
    for each statement execute function trackers_on_products_inserted();

create or replace trigger trackers_update after update on inventory_ops_product referencing new table as changed
    old table as before for each statement execute function trackers_on_products_changed();

create or replace trigger trackers_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function trackers_on_stock();

create or replace trigger trackers_update after update on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function trackers_on_stock();

create or replace trigger trackers_delete after delete on inventory_ops_stockbalance for each row
    execute function trackers_on_lost_stock();

create or replace trigger trackers_moved after update of product_id, inventory_type_id on inventory_ops_stockbalance
    for each row when ((old.product_id, old.inventory_type_id) <> (new.product_id, new.inventory_type_id))
    execute function trackers_on_lost_stock();

create or replace trigger trackers_first after update of first_at on trackers_productfirst for each row
    when (old.first_at <> new.first_at) execute function trackers_on_first();

create or replace trigger trackers_first after insert or update of first_at on trackers_productfirststock for each row
    execute function trackers_on_first();
