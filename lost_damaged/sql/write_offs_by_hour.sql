-- Sums of write-offs by hour and seller, kept as they are booked, read by the overview and the report on losses,
-- compared by `verify_ledger`.

create or replace function lost_damaged_count_write_offs()
returns trigger
language plpgsql
SET enable_seqscan TO 'off'
as $function$
declare
    booked record;
begin
    for booked in select date_trunc('hour', created_at, 'UTC') as hour, count(*) as units from added group by 1 loop
        update lost_damaged_writeoffhour set units = units + booked.units
        where id = (select id from lost_damaged_writeoffhour where hour = booked.hour
                    limit 1 for no key update skip locked);
        if not found then
            insert into lost_damaged_writeoffhour (hour, units) values (booked.hour, booked.units);
        end if;
    end loop;
    return null;
end $function$;

create or replace trigger counted after insert on lost_damaged_writeoff
    referencing new table as added for each statement execute function lost_damaged_count_write_offs();
