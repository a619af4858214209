-- Order items lie in months of `ordered_at`; carts apart, in a partition of their own until they are placed. Months are
-- made, filled from the partition for all other dates, and dropped when empty by `operations/order_months.py`, in the
-- owner's name since the product's role owns nothing. Keys of items (sql/order_keys.sql) have no other writer than
-- the triggers of the items.

create or replace function inventory_ops_refuse_own_keys()
returns trigger
language plpgsql
as $function$
begin
    raise exception 'Keys of order items follow the items: write those.' using errcode = 'insufficient_privilege';
end $function$;

create or replace function inventory_ops_make_order_month(month date)
returns boolean
language plpgsql
security definer
set search_path to 'public', 'pg_temp'
SET lock_timeout TO '2s'
as $function$
declare
    first timestamptz := date_trunc('month', month)::timestamp at time zone 'UTC';
    next timestamptz := (date_trunc('month', month) + interval '1 month') at time zone 'UTC';
    partition text := 'inventory_ops_orderitem_' || to_char(month, 'YYYYMM');
    lies_elsewhere boolean;
begin
    if to_regclass('public.' || partition) is not null
       or to_regclass('public.inventory_ops_orderitem_placed') is null then
        return false;
    end if;
    select exists (select from inventory_ops_orderitem_default where ordered_at >= first and ordered_at < next)
        into lies_elsewhere;
    if not lies_elsewhere then
        execute format('create table %I partition of inventory_ops_orderitem_placed for values from (%L) to (%L)',
            partition, first, next);
        return true;
    end if;
    -- the items move as they are: nothing happened to them that a trigger had to note
    lock table inventory_ops_orderitem_default in access exclusive mode;
    execute format('create table %I (like inventory_ops_orderitem_placed including defaults including constraints)',
        partition);
    execute format('insert into %I select * from inventory_ops_orderitem_default
        where ordered_at >= %L and ordered_at < %L', partition, first, next);
    alter table inventory_ops_orderitem_default disable trigger user;
    delete from inventory_ops_orderitem_default where ordered_at >= first and ordered_at < next;
    alter table inventory_ops_orderitem_default enable trigger user;
    execute format('alter table inventory_ops_orderitem_placed attach partition %I for values from (%L) to (%L)',
        partition, first, next);
    return true;
end $function$;

create or replace function inventory_ops_drop_order_month(month date)
returns boolean
language plpgsql
security definer
set search_path to 'public', 'pg_temp'
SET lock_timeout TO '2s'
as $function$
declare
    partition text := 'inventory_ops_orderitem_' || to_char(month, 'YYYYMM');
    has_items boolean;
begin
    if month >= date_trunc('month', now() at time zone 'UTC') or not exists (
        select from pg_inherits where inhrelid = to_regclass('public.' || partition)
            and inhparent = to_regclass('public.inventory_ops_orderitem_placed')) then
        return false;
    end if;
    execute format('select exists (select from public.%I)', partition) into has_items;
    if has_items then
        return false;
    end if;
    execute format('lock table public.%I in access exclusive mode', partition);
    execute format('select exists (select from public.%I)', partition) into has_items;  -- now nobody can put one in
    if has_items then
        return false;
    end if;
    execute format('drop table public.%I', partition);
    return true;
end $function$;

create or replace trigger follows_items before insert or update or delete on inventory_ops_orderitemkey
    for each statement when (pg_trigger_depth() = 0) execute function inventory_ops_refuse_own_keys();
