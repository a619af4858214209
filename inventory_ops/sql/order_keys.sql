-- `inventory_ops_orderitemkey` has one row an order item, written by the statement that writes the item: its id and its
-- shop's id in its store are unique there over all months, which no index of the items themselves can say. Imports find
-- items by it, and other tables refer to it. `verify_ledger` compares both.

create or replace function inventory_ops_keys_of_new_items()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_orderitemkey (id, order_id, product_id, store_id, shop_item_id, ordered_at)
    select id, order_id, product_id, store_id, shop_item_id, ordered_at from added;
    return null;
end $function$;

create or replace function inventory_ops_key_of_changed_item()
returns trigger
language plpgsql
as $function$
begin
    update inventory_ops_orderitemkey set id = new.id, order_id = new.order_id, product_id = new.product_id,
        store_id = new.store_id, shop_item_id = new.shop_item_id, ordered_at = new.ordered_at
    where id = old.id;
    return new;
end $function$;

create or replace function inventory_ops_keys_of_deleted_items()
returns trigger
language plpgsql
as $function$
begin
    delete from inventory_ops_orderitemkey k using removed r where k.id = r.id;
    return null;
end $function$;

create or replace trigger keys_added after insert on inventory_ops_orderitem referencing new table as added
    for each statement execute function inventory_ops_keys_of_new_items();

-- before: a row that moves to another month is deleted there and inserted here as far as later triggers see it
create or replace trigger key_changed before update on inventory_ops_orderitem for each row
    when ((old.id, old.order_id, old.product_id, old.store_id, old.shop_item_id, old.ordered_at)
        is distinct from (new.id, new.order_id, new.product_id, new.store_id, new.shop_item_id, new.ordered_at))
    execute function inventory_ops_key_of_changed_item();

create or replace trigger keys_removed after delete on inventory_ops_orderitem referencing old table as removed
    for each statement execute function inventory_ops_keys_of_deleted_items();
