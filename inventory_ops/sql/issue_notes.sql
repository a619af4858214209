-- Notes of what may have changed a row of the reports on inventory cost, shipping and order cost: a price, a flash
-- sale, a short or loss-making order line, a name. `operations/issues.py` takes the notes and rereads the rows of
-- the issue tables that they are about, so that a page is right without a scan.

create or replace function inventory_ops_issues_of_new_products()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key)
    select 'price', id from inserted where inventory_ops_cost_near_own_price(cost, price, special_price);
    update inventory_ops_productstock s set is_watched = true from inserted p
    where s.product_id = p.id and inventory_ops_cost_near_own_price(p.cost, p.price, p.special_price);
    return null;
end $function$;

create or replace function inventory_ops_issues_of_changed_products()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key)
    select max(subject), id  -- a row whose price changed as well is read again with its product
    from (select 'product' as subject, id
          from (select id, merchant_id, sku, name, brand_name, category_id from changed
                except select id, merchant_id, sku, name, brand_name, category_id from before) named
          union all
          select 'price', id
          from (select id, price, special_price, special_from, special_to, cost from changed
                except select id, price, special_price, special_from, special_to, cost from before) priced) x
    group by id;
    if exists (select id, inventory_ops_cost_near_own_price(cost, price, special_price) from changed
               except select id, inventory_ops_cost_near_own_price(cost, price, special_price) from before) then
        -- with those that the statistics lock after this: all in one order
        perform inventory_ops_watch_stock(array_agg(id))
        from (select id, cost, price, special_price from changed
              except select id, cost, price, special_price from before) x;
    end if;
    return null;
end $function$;

create or replace function inventory_ops_issues_of_deleted_products()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key) select 'product', id from before;
    return null;
end $function$;

create or replace function inventory_ops_issues_of_sales()
returns trigger
language plpgsql
as $function$
declare
    products bigint[];
begin
    if tg_op = 'INSERT' then
        select array_agg(product_id) into products from changed;
    elsif tg_op = 'DELETE' then
        select array_agg(product_id) into products from before;
    else
        select array_agg(product_id) into products
        from (select product_id from changed union select product_id from before) x;
    end if;
    insert into inventory_ops_issuechange (subject, key) select 'price', unnest(products);
    perform inventory_ops_watch_stock(products);
    return null;
end $function$;

create or replace function inventory_ops_issue_of_stock()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key) values ('stock', new.product_id);
    return null;
end $function$;

create or replace function inventory_ops_issue_of_merchant()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key) values ('merchant', new.id);
    return null;
end $function$;

create or replace function inventory_ops_issue_of_order()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key) values ('order', new.id);
    return null;
end $function$;

create or replace function inventory_ops_short_line()
returns trigger
language plpgsql
as $function$
begin
    if tg_op <> 'INSERT' then
        insert into inventory_ops_issuechange (subject, key) values ('short', old.product_id);
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.product_id is distinct from old.product_id) then
        insert into inventory_ops_issuechange (subject, key) values ('short', new.product_id);
    end if;
    return null;
end $function$;

create or replace function inventory_ops_line_below_cost()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_issuechange (subject, key)
    values ('line', case when tg_op = 'DELETE' then old.id else new.id end);
    return null;
end $function$;

create or replace trigger flash_sale_issues_delete after delete on inventory_ops_flashsale referencing old table as before
    for each statement execute function inventory_ops_issues_of_sales();

create or replace trigger flash_sale_issues_insert after insert on inventory_ops_flashsale referencing new table as changed
    for each statement execute function inventory_ops_issues_of_sales();

create or replace trigger flash_sale_issues_update after update on inventory_ops_flashsale
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_issues_of_sales();

create or replace trigger merchant_issue after update on inventory_ops_merchant for each row
    when ((old.vendor_number, old.name) is distinct from (new.vendor_number, new.name))
    execute function inventory_ops_issue_of_merchant();

create or replace trigger order_issue after update on inventory_ops_order for each row
    when ((old.number, old.customer_email) is distinct from (new.number, new.customer_email))
    execute function inventory_ops_issue_of_order();

create or replace trigger line_below_cost_delete after delete on inventory_ops_orderitem for each row
    when (old.unit_cost > old.unit_price) execute function inventory_ops_line_below_cost();

create or replace trigger line_below_cost_insert after insert on inventory_ops_orderitem for each row
    when (new.unit_cost > new.unit_price) execute function inventory_ops_line_below_cost();

create or replace trigger line_below_cost_update after update on inventory_ops_orderitem for each row
    when ((old.unit_cost > old.unit_price or new.unit_cost > new.unit_price)
        and (old.product_id, old.merchant_id, old.order_id, old.status, old.quantity, old.cancelled_quantity,
             old.unit_price, old.unit_cost, old.issue_at, old.issue_sale_starts_at, old.issue_sale_ends_at,
             old.issue_sale_snapshot_price, old.issue_sale_percentage)
        is distinct from (new.product_id, new.merchant_id, new.order_id, new.status, new.quantity,
             new.cancelled_quantity, new.unit_price, new.unit_cost, new.issue_at, new.issue_sale_starts_at,
             new.issue_sale_ends_at, new.issue_sale_snapshot_price, new.issue_sale_percentage))
    execute function inventory_ops_line_below_cost();

create or replace trigger short_line_delete after delete on inventory_ops_orderitem for each row
    when (old.status in (2, 3) and old.quantity_shipped < old.quantity and (old.status = 3
        or old.cancelled_quantity > 0
        or old.ship_by < now() + interval '1 day')) execute function inventory_ops_short_line();

create or replace trigger short_line_insert after insert on inventory_ops_orderitem for each row
    when (new.status in (2, 3) and new.quantity_shipped < new.quantity and (new.status = 3
        or new.cancelled_quantity > 0
        or new.ship_by < now() + interval '1 day')) execute function inventory_ops_short_line();

create or replace trigger short_line_update after update on inventory_ops_orderitem for each row
    when (((old.status in (2, 3) and old.quantity_shipped < old.quantity and (old.status = 3
        or old.cancelled_quantity > 0 or old.ship_by < now() + interval '1 day')) or (new.status in (2, 3)
        and new.quantity_shipped < new.quantity and (new.status = 3 or new.cancelled_quantity > 0
        or new.ship_by < now() + interval '1 day')))
        and (old.product_id, old.merchant_id, old.order_id, old.status, old.ordered_at, old.quantity, old.unit_price,
             old.quantity_shipped, old.cancelled_quantity, old.cancelled_by, old.ship_by)
        is distinct from (new.product_id, new.merchant_id, new.order_id, new.status, new.ordered_at, new.quantity,
             new.unit_price, new.quantity_shipped, new.cancelled_quantity, new.cancelled_by, new.ship_by))
    execute function inventory_ops_short_line();

create or replace trigger product_issues_delete after delete on inventory_ops_product referencing old table as before
    for each statement execute function inventory_ops_issues_of_deleted_products();

create or replace trigger product_issues_update after update on inventory_ops_product
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_issues_of_changed_products();

create or replace trigger product_watch_insert after insert on inventory_ops_product referencing new table as inserted
    for each statement execute function inventory_ops_issues_of_new_products();

create or replace trigger stock_issue after update of on_hand on inventory_ops_productstock for each row
    when (new.is_watched and old.on_hand <> new.on_hand) execute function inventory_ops_issue_of_stock();
