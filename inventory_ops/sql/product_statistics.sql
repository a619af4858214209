-- Every product has its rows of stock totals and of demand, and they follow its price, category and whether it is
-- live. stock_totals.sql and demand.sql rely on the rows being there.

create or replace function inventory_ops_stats_of_new_products()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_productstock (product_id, merchant_id, on_hand, available, value, category_id, is_live,
        factor, band)
    select i.id, i.merchant_id, 0, 0, 0, i.category_id, i.is_live,
        inventory_ops_factor_of(m.currency), inventory_ops_band_of(m.currency)
    from inserted i join inventory_ops_merchant m on m.id = i.merchant_id;
    insert into inventory_ops_productdemand (product_id, merchant_id) select id, merchant_id from inserted;
    return null;
end $function$;

create or replace function inventory_ops_stats_of_changed_products()
returns trigger
language plpgsql
as $function$
begin
    update inventory_ops_productstock s
    set value = inventory_ops_stock_value(l.worth, l.worth, s.on_hand), category_id = l.category_id, is_live = l.is_live
    from (
        select k.product_id, c.worth, c.category_id, c.is_live
        from (select id, coalesce(cost, price) as worth, category_id, is_live from changed
              except select id, coalesce(cost, price), category_id, is_live from before) c
        join inventory_ops_productstock k on k.product_id = c.id
        order by k.product_id for no key update of k
    ) l where s.product_id = l.product_id;
    return null;
end $function$;

create or replace function inventory_ops_stats_of_deleted_products()
returns trigger
language plpgsql
as $function$
begin
    delete from inventory_ops_productstock where product_id in (select id from before);
    delete from inventory_ops_productdemand where product_id in (select id from before);
    return null;
end $function$;

create or replace function inventory_ops_stats_of_types()
returns trigger
language plpgsql
as $function$
begin
    perform inventory_ops_rebuild_product_stock();
    return null;
end $function$;

create or replace trigger product_statistics after update on inventory_ops_inventorytype for each row
    when (old.is_sellable is distinct from new.is_sellable) execute function inventory_ops_stats_of_types();

create or replace trigger product_statistics_delete after delete on inventory_ops_product referencing old table as before
    for each statement execute function inventory_ops_stats_of_deleted_products();

create or replace trigger product_statistics_insert after insert on inventory_ops_product referencing new table as inserted
    for each statement execute function inventory_ops_stats_of_new_products();

create or replace trigger product_statistics_update after update on inventory_ops_product
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_stats_of_changed_products();
