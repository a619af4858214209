-- How amounts of several currencies stand in one order: by what they are in the shop's currency. Those without a rate
-- stand below all others, each currency by itself, so that nothing is compared that cannot be. Lists keep factor and
-- band beside the amount and are ordered by `amount * factor + band`; `operations/rates.py` renews both.

create or replace function inventory_ops_factor_of(code varchar)
returns numeric
language sql
stable parallel safe
as $function$
    select coalesce((select f.factor from inventory_ops_currencyfactor f where f.currency = code), 1)
$function$;

create or replace function inventory_ops_band_of(code varchar)
returns numeric
language sql
stable parallel safe
as $function$
    select case when exists (select from inventory_ops_currencyfactor f where f.currency = code) then 0
        else -1e45 * ((ascii(substr(code, 1, 1)) * 100 + ascii(substr(code, 2, 1))) * 100 + ascii(substr(code, 3, 1)))
    end
$function$;

create or replace function inventory_ops_order_of_cart()
returns trigger
language plpgsql
as $function$
begin
    new.factor := inventory_ops_factor_of(new.currency);
    new.band := inventory_ops_band_of(new.currency);
    return new;
end $function$;

create or replace function inventory_ops_order_of_merchant()
returns trigger
language plpgsql
as $function$
begin
    update inventory_ops_productstock s
    set factor = inventory_ops_factor_of(new.currency), band = inventory_ops_band_of(new.currency)
    from (select k.product_id from inventory_ops_productstock k where k.merchant_id = new.id
          order by k.product_id for no key update of k) l
    where s.product_id = l.product_id;
    insert into inventory_ops_issuechange (subject, key) values ('merchant', new.id);
    return null;
end $function$;

create or replace trigger cart_order before insert or update of status, currency on inventory_ops_order for each row
    when (new.status = 1) execute function inventory_ops_order_of_cart();

create or replace trigger merchant_currency_order after update of currency on inventory_ops_merchant for each row
    when (old.currency is distinct from new.currency) execute function inventory_ops_order_of_merchant();
