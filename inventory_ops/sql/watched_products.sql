-- Which products are watched: their cost is near the price, or a flash sale is on. Only their stock leaves a note
-- for the cost reports (issue_notes.sql), so that bookings of all others stay cheap.

create or replace function inventory_ops_cost_near_own_price(cost numeric, price numeric, special_price numeric)
returns boolean
language sql
immutable parallel safe
as $function$ select coalesce(cost >= 0.8999 * least(price, special_price), false) $function$;

create or replace function inventory_ops_watch_stock(products bigint[])
returns void
language plpgsql
as $function$
begin
    if products is null then
        return;
    end if;
    perform from inventory_ops_productstock where product_id = any(products) order by product_id for no key update;
    update inventory_ops_productstock s set is_watched = x.is_watched
    from inventory_ops_product p cross join lateral (
        select inventory_ops_cost_near_own_price(p.cost, p.price, p.special_price) or exists (
            select from inventory_ops_flashsale f where f.product_id = p.id and f.ends_at > now() - interval '1 day')
            as is_watched) x
    where p.id = any(products) and s.product_id = p.id and s.is_watched <> x.is_watched;
end $function$;

create or replace function inventory_ops_rebuild_watched()
returns void
language sql
as $function$
    update inventory_ops_productstock s set is_watched = x.is_watched
    from (
        select p.id, inventory_ops_cost_near_own_price(p.cost, p.price, p.special_price) or f.product_id is not null
            as is_watched
        from inventory_ops_product p
        left join (
            select distinct product_id from inventory_ops_flashsale where ends_at > now() - interval '1 day'
        ) f on f.product_id = p.id
    ) x where s.product_id = x.id and s.is_watched <> x.is_watched
$function$;
