-- A cart that is bought keeps when it was left, whatever the way in: its last activity becomes that of the purchase.
-- That its customer had bought the same elsewhere counts no more: now the cart itself is the order.

create or replace function inventory_ops_cart_is_bought()
returns trigger
language plpgsql
as $function$
begin
    new.left_at := old.last_activity_at;
    if old.recovered_by_id is not null then
        new.recovered_by_id := null;
        if new.recovered_at = old.recovered_at then
            new.recovered_at := null;
        end if;
    end if;
    return new;
end $function$;

create or replace trigger cart_is_bought before update of status on inventory_ops_order for each row
    when (old.status = 1 and new.status > 1) execute function inventory_ops_cart_is_bought();
