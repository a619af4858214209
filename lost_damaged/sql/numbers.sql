-- The number that people see on write-offs and transactions. It is an expression here so that bookings of many
-- rows and the search for one number agree.

create or replace function lost_damaged_number(prefix text, sequence regclass)
returns text
language sql
as $function$
    select prefix || '-' || extract(year from now() at time zone 'UTC') || '-' || lpad(n, greatest(6, length(n)), '0')
    from (select nextval(sequence)::text as n) next
$function$;
