"""The daily roll-up and the list of changed products, kept by statement-level triggers with transition tables."""

from __future__ import annotations

from django.db import migrations

SQL = """
alter table trackers_tracker set (fillfactor = 70);
alter table trackers_tracker add constraint tracker_product_of_merchant foreign key (merchant_id, product_id)
    references inventory_ops_product (merchant_id, id) deferrable initially deferred;

-- Sold: units of open and closed orders by time of order, less those cancelled. Shipped: by time of shipment.
create function trackers_on_items_inserted() returns trigger language plpgsql as $$
begin
    insert into trackers_productday as d (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, sum(sold), sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.quantity - l.cancelled_quantity as sold, 0 as shipped
        from inserted l join inventory_ops_merchant m on m.id = l.merchant_id where l.status in (2, 3)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0, l.quantity_shipped
        from inserted l join inventory_ops_merchant m on m.id = l.merchant_id where l.quantity_shipped > 0
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0
    order by product_id, day
    on conflict (product_id, day) do update set sold = d.sold + excluded.sold, shipped = d.shipped + excluded.shipped;
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(ordered_at) from inserted where status in (2, 3) group by product_id order by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select l.product_id, t.id from (select distinct product_id from inserted) l
    cross join inventory_ops_inventorytype t where t.code = 'good' order by 1, 2 on conflict do nothing;
    return null;
end $$;

create function trackers_on_items_changed() returns trigger language plpgsql as $$
begin
    insert into trackers_productday as d (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, sum(sold), sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.factor * (l.quantity - l.cancelled_quantity) as sold, 0 as shipped
        from (select 1 as factor, n.* from changed n union all select -1, o.* from before o) l
        join inventory_ops_merchant m on m.id = l.merchant_id where l.status in (2, 3)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0,
               l.factor * l.quantity_shipped
        from (select 1 as factor, n.* from changed n union all select -1, o.* from before o) l
        join inventory_ops_merchant m on m.id = l.merchant_id where l.quantity_shipped > 0
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0
    order by product_id, day
    on conflict (product_id, day) do update set sold = d.sold + excluded.sold, shipped = d.shipped + excluded.shipped;
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(ordered_at) from changed where status in (2, 3) group by product_id order by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select l.product_id, t.id from (select product_id from changed union select product_id from before) l
    cross join inventory_ops_inventorytype t where t.code = 'good' order by 1, 2 on conflict do nothing;
    return null;
end $$;

create function trackers_on_items_deleted() returns trigger language plpgsql as $$
begin
    insert into trackers_productday as d (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, -sum(sold), -sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.quantity - l.cancelled_quantity as sold, 0 as shipped
        from before l join inventory_ops_merchant m on m.id = l.merchant_id where l.status in (2, 3)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0, l.quantity_shipped
        from before l join inventory_ops_merchant m on m.id = l.merchant_id where l.quantity_shipped > 0
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0
    order by product_id, day
    on conflict (product_id, day) do update set sold = d.sold + excluded.sold, shipped = d.shipped + excluded.shipped;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select l.product_id, t.id from (select distinct product_id from before) l
    cross join inventory_ops_inventorytype t where t.code = 'good' order by 1, 2 on conflict do nothing;
    return null;
end $$;

create trigger trackers_insert after insert on inventory_ops_orderitem referencing new table as inserted
    for each statement execute function trackers_on_items_inserted();
create trigger trackers_update after update on inventory_ops_orderitem
    referencing new table as changed old table as before for each statement execute function trackers_on_items_changed();
create trigger trackers_delete after delete on inventory_ops_orderitem referencing old table as before
    for each statement execute function trackers_on_items_deleted();

create function trackers_on_stock() returns trigger language plpgsql as $$
begin
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select distinct product_id, inventory_type_id from changed order by 1, 2 on conflict do nothing;
    return null;
end $$;
create trigger trackers_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function trackers_on_stock();
create trigger trackers_update after update on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function trackers_on_stock();

create function trackers_on_events() returns trigger language plpgsql as $$
begin
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(occurred_at) from inserted
    where quantity > 0 and kind not in ('allocated', 'released') group by product_id order by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    return null;
end $$;
create trigger trackers_insert after insert on inventory_ops_inventoryevent referencing new table as inserted
    for each statement execute function trackers_on_events();

create function trackers_rebuild(merchants bigint[]) returns void language plpgsql as $$
begin
    delete from trackers_productday where merchant_id = any(merchants);
    insert into trackers_productday (product_id, merchant_id, day, sold, shipped)
    select product_id, merchant_id, day, sum(sold), sum(shipped)
    from (
        select l.product_id, l.merchant_id, (l.ordered_at at time zone m.timezone)::date as day,
               l.quantity - l.cancelled_quantity as sold, 0 as shipped
        from inventory_ops_orderitem l join inventory_ops_merchant m on m.id = l.merchant_id
        where l.status in (2, 3) and m.id = any(merchants)
        union all
        select l.product_id, l.merchant_id, (l.shipped_at at time zone m.timezone)::date, 0, l.quantity_shipped
        from inventory_ops_orderitem l join inventory_ops_merchant m on m.id = l.merchant_id
        where l.quantity_shipped > 0 and m.id = any(merchants)
    ) x
    group by product_id, merchant_id, day having sum(sold) <> 0 or sum(shipped) <> 0;
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(at) from (
        select product_id, ordered_at as at from inventory_ops_orderitem
        where status in (2, 3) and merchant_id = any(merchants)
        union all
        select product_id, occurred_at from inventory_ops_inventoryevent
        where merchant_id = any(merchants) and quantity > 0 and kind not in ('allocated', 'released')
    ) x group by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    insert into trackers_dirtypair (product_id, inventory_type_id)
    select distinct product_id, inventory_type_id from trackers_tracker where merchant_id = any(merchants)
    order by 1, 2 on conflict do nothing;
end $$;

create function trackers_on_timezone() returns trigger language plpgsql as $$
begin
    perform trackers_rebuild(array[new.id]);
    return null;
end $$;
create trigger trackers_timezone after update of timezone on inventory_ops_merchant for each row
    when (old.timezone is distinct from new.timezone) execute function trackers_on_timezone();

-- what was there before the triggers
select trackers_rebuild(array_agg(id)) from inventory_ops_merchant having count(*) > 0;
"""

BACK = """
drop trigger trackers_insert on inventory_ops_orderitem;
drop trigger trackers_update on inventory_ops_orderitem;
drop trigger trackers_delete on inventory_ops_orderitem;
drop trigger trackers_insert on inventory_ops_stockbalance;
drop trigger trackers_update on inventory_ops_stockbalance;
drop trigger trackers_insert on inventory_ops_inventoryevent;
drop trigger trackers_timezone on inventory_ops_merchant;
drop function trackers_on_items_inserted, trackers_on_items_changed, trackers_on_items_deleted, trackers_on_stock,
    trackers_on_events, trackers_on_timezone, trackers_rebuild;
"""


class Migration(migrations.Migration):
    dependencies = [("trackers", "0001_initial"), ("inventory_ops", "0003_findings")]

    operations = [migrations.RunSQL(SQL, BACK)]
