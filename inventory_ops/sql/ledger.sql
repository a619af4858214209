-- Every event of the Events Ledger is sealed by a digest when it is inserted; its actor's name is kept for the
-- filter by actor. `inventory_ops_make_ledger_partition` makes the partition of a month, and the one that drops an
-- empty one, are called by the night job in `operations/ledger_partitions.py`, in the owner's name since the
-- product's role owns nothing. `verify_ledger` computes the digests again.

-- Stable, as concat_ws is: said to be immutable, it would not be taken into the trigger's expression, and sealing would
-- take twice as long.
create or replace function inventory_ops_event_digest(e inventory_ops_inventoryevent)
returns bytea
language sql
stable parallel safe
as $function$
    select sha256(convert_to(concat_ws('|',
        e.id, (extract(epoch from e.recorded_at) * 1000000)::bigint, (extract(epoch from e.occurred_at) * 1000000)::bigint,
        e.merchant_id, e.product_id, e.balance_id, e.inventory_type_id, e.location_id, e.kind, e.quantity,
        e.quantity_after, e.sequence, e.reason, replace(e.note, '|', '\|'), e.source, replace(e.reference, '|', '\|'),
        replace(e.actor, '|', '\|'), coalesce(e.batch::text, '\N'), coalesce(e.order_item_id::text, '\N'),
        coalesce(e.reverses_id::text, '\N'), coalesce(e.counted_quantity::text, '\N')), 'UTF8'))
$function$;

create or replace function inventory_ops_seal_event()
returns trigger
language plpgsql
as $function$
begin
    new.digest := inventory_ops_event_digest(new);
    return new;
end $function$;

create or replace function inventory_ops_make_ledger_partition(month date)
returns boolean
language plpgsql
security definer
set search_path to 'public', 'pg_temp'
as $function$
declare
    first date := date_trunc('month', month)::date;
    next date := (date_trunc('month', month) + interval '1 month')::date;
    partition text := 'inventory_ops_inventoryevent_' || to_char(first, 'YYYYMM');
begin
    if to_regclass(partition) is not null then
        return false;
    end if;
    execute format('create table %I partition of inventory_ops_inventoryevent for values from (%L) to (%L)',
        partition, first::timestamp at time zone 'UTC', next::timestamp at time zone 'UTC');
    execute format('create trigger append_only_truncate before truncate on %I
        for each statement execute function inventory_ops_refuse_change()', partition);
    return true;
end $function$;

create or replace function inventory_ops_keep_event_actors()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_eventactor (name)
    select distinct actor from added where actor <> ''
    and not exists (select from inventory_ops_eventactor a where a.name = added.actor);
    return null;
end $function$;

create or replace function inventory_ops_drop_ledger_partition(month date)
returns boolean
language plpgsql
security definer
set search_path to 'public', 'pg_temp'
SET lock_timeout TO '2s'
as $function$
declare
    partition text := 'inventory_ops_inventoryevent_' || to_char(month, 'YYYYMM');
    has_events boolean;
begin
    if month >= date_trunc('month', now() at time zone 'UTC') or not exists (
        select from pg_inherits where inhrelid = to_regclass('public.' || partition)
            and inhparent = 'public.inventory_ops_inventoryevent'::regclass) then
        return false;
    end if;
    execute format('select exists (select from public.%I)', partition) into has_events;
    if has_events then
        return false;
    end if;
    execute format('lock table public.%I in access exclusive mode', partition);
    execute format('select exists (select from public.%I)', partition) into has_events;  -- now nobody can put one in
    if has_events then
        return false;
    end if;
    execute format('drop table public.%I', partition);
    return true;
end $function$;

create or replace trigger actors after insert on inventory_ops_inventoryevent
    referencing new table as added for each statement execute function inventory_ops_keep_event_actors();

create or replace trigger seal before insert on inventory_ops_inventoryevent
    for each row execute function inventory_ops_seal_event();
