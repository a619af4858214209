-- A seller's currency cannot change once something was booked in it.

create or replace function lost_damaged_keep_currency()
returns trigger
language plpgsql
as $function$
begin
    if exists (select from lost_damaged_sellertransaction where merchant_id = old.id) then
        raise exception 'The currency of % cannot change from % to %: it has transactions.',
            old.vendor_number, old.currency, new.currency
            using errcode = 'check_violation', constraint = 'merchant_keeps_currency_once_paid';
    end if;
    return new;
end $function$;

create or replace trigger lost_damaged_keep_currency before update of currency on inventory_ops_merchant
    for each row when (old.currency is distinct from new.currency) execute function lost_damaged_keep_currency();
