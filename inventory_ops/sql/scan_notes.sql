-- Notes of what may have changed a row of the reports on products without orders and on abandoned carts. Their scans
-- (`operations/rescans.py`) take the notes and read those rows again, and what time alone changed; everything else is
-- as the last scan left it. What is so near that time decides is noted or found by time: a day's difference between
-- the clocks of a scan and of a long transaction does no harm.

create or replace function inventory_ops_note_row_of_report()
returns trigger
language plpgsql
as $function$
begin -- the report is the argument
    insert into inventory_ops_scanchange (report, key)
    values (tg_argv[0], case when tg_op = 'DELETE' then old.id else new.id end);
    return null;
end $function$;

create or replace function inventory_ops_note_figures_of_product()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_scanchange (report, key) values ('products-without-orders', new.product_id);
    return null;
end $function$;

create or replace function inventory_ops_note_line_of_cart()
returns trigger
language plpgsql
as $function$
begin
    if tg_op <> 'INSERT' then
        insert into inventory_ops_scanchange (report, key) values ('abandoned-checkouts', old.order_id);
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.order_id <> old.order_id) then
        insert into inventory_ops_scanchange (report, key) values ('abandoned-checkouts', new.order_id);
    end if;
    return null;
end $function$;

create or replace function inventory_ops_note_every_row()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_scanchange (report, key) values (tg_argv[0], 0);
    return null;
end $function$;

-- A new product that was made just now is too new for the list, until time says otherwise.
create or replace trigger scan_note_insert after insert on inventory_ops_product for each row
    when (new.created_at < now() - interval '29 days')
    execute function inventory_ops_note_row_of_report('products-without-orders');

create or replace trigger scan_note_update after update on inventory_ops_product for each row
    when ((old.sku, old.name, old.merchant_id, old.created_at)
        is distinct from (new.sku, new.name, new.merchant_id, new.created_at))
    execute function inventory_ops_note_row_of_report('products-without-orders');

create or replace trigger scan_note_delete after delete on inventory_ops_product for each row
    execute function inventory_ops_note_row_of_report('products-without-orders');

-- Which of them nobody ordered cannot be asked here: somebody may be cancelling the last order this moment.
create or replace trigger scan_note_update after update of value on inventory_ops_productstock for each row
    when (old.value <> new.value) execute function inventory_ops_note_figures_of_product();

-- A product that was ordered lately and is ordered again was not in the list, and is not.
create or replace trigger scan_note_update after update on inventory_ops_productdemand for each row
    when ((old.first_ordered_at, old.last_ordered_at) is distinct from (new.first_ordered_at, new.last_ordered_at)
        and (old.last_ordered_at is null or new.last_ordered_at is null or new.last_ordered_at < old.last_ordered_at
            or old.last_ordered_at < now() - interval '29 days'
            or old.first_ordered_at is distinct from new.first_ordered_at))
    execute function inventory_ops_note_figures_of_product();

create or replace trigger scan_note_update after update on inventory_ops_merchant for each row
    when (old.currency <> new.currency) execute function inventory_ops_note_every_row('products-without-orders');

create or replace trigger scan_note_insert after insert on inventory_ops_order for each row
    when (new.status = 1)
    execute function inventory_ops_note_row_of_report('abandoned-checkouts');

create or replace trigger scan_note_update after update on inventory_ops_order for each row
    when ((old.status = 1 or new.status = 1)
        and (old.status, old.number, old.total_amount, old.currency, old.last_activity_at, old.store_id)
        is distinct from (new.status, new.number, new.total_amount, new.currency, new.last_activity_at, new.store_id))
    execute function inventory_ops_note_row_of_report('abandoned-checkouts');

create or replace trigger scan_note_delete after delete on inventory_ops_order for each row
    when (old.status = 1) execute function inventory_ops_note_row_of_report('abandoned-checkouts');

create or replace trigger scan_note_line_insert after insert on inventory_ops_orderitem for each row
    when (new.status = 1) execute function inventory_ops_note_line_of_cart();

create or replace trigger scan_note_line_update after update on inventory_ops_orderitem for each row
    when ((old.status = 1 or new.status = 1) and (old.order_id, old.status) is distinct from (new.order_id, new.status))
    execute function inventory_ops_note_line_of_cart();

create or replace trigger scan_note_line_delete after delete on inventory_ops_orderitem for each row
    when (old.status = 1) execute function inventory_ops_note_line_of_cart();

create or replace trigger scan_note_update after update on inventory_ops_store for each row
    when (old.abandon_after is distinct from new.abandon_after)
    execute function inventory_ops_note_every_row('abandoned-checkouts');
