"""Statistics of each product, kept by statement-level triggers with transition tables."""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
create function inventory_ops_stock_value(cost numeric, price numeric, on_hand bigint) returns numeric
language sql immutable parallel safe as $$ select coalesce(cost, price) * greatest(on_hand, 0) $$;

create function inventory_ops_stats_of_new_products() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_productstock (product_id, merchant_id, on_hand, available, value)
    select id, merchant_id, 0, 0, 0 from inserted;
    insert into inventory_ops_productdemand (product_id, merchant_id) select id, merchant_id from inserted;
    return null;
end $$;
create trigger product_statistics_insert after insert on inventory_ops_product referencing new table as inserted
    for each statement execute function inventory_ops_stats_of_new_products();

create function inventory_ops_stats_of_changed_products() returns trigger language plpgsql as $$
begin
    update inventory_ops_productstock s set value = inventory_ops_stock_value(l.cost, l.price, s.on_hand)
    from (
        select k.product_id, c.cost, c.price from changed c join before b on b.id = c.id
        join inventory_ops_productstock k on k.product_id = c.id
        where coalesce(c.cost, c.price) is distinct from coalesce(b.cost, b.price)
        order by k.product_id for no key update of k
    ) l where s.product_id = l.product_id;
    return null;
end $$;
create trigger product_statistics_update after update on inventory_ops_product
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_stats_of_changed_products();

create function inventory_ops_stats_of_deleted_products() returns trigger language plpgsql as $$
begin
    delete from inventory_ops_productstock where product_id in (select id from before);
    delete from inventory_ops_productdemand where product_id in (select id from before);
    return null;
end $$;
create trigger product_statistics_delete after delete on inventory_ops_product referencing old table as before
    for each statement execute function inventory_ops_stats_of_deleted_products();

-- Stock: by what the statement changed. Rows are locked in the order of their products, whatever the plan.
create function inventory_ops_add_stock(products bigint[], units bigint[], free_units bigint[]) returns void
language sql as $$
    update inventory_ops_productstock s
    set on_hand = s.on_hand + l.units, available = s.available + l.free_units,
        value = inventory_ops_stock_value(p.cost, p.price, s.on_hand + l.units)
    from (
        select k.product_id, d.units, d.free_units from unnest(products, units, free_units) d (id, units, free_units)
        join inventory_ops_productstock k on k.product_id = d.id order by k.product_id for no key update of k
    ) l join inventory_ops_product p on p.id = l.product_id
    where s.product_id = l.product_id
$$;

create function inventory_ops_stats_of_balances() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(units), array_agg(free_units)) from (
            select b.product_id, sum(b.on_hand) as units, sum(b.on_hand - b.allocated) as free_units
            from changed b join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable
            group by b.product_id having sum(b.on_hand) <> 0 or sum(b.allocated) <> 0) x;
    elsif tg_op = 'UPDATE' then
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(units), array_agg(free_units)) from (
            select b.product_id, sum(b.factor * b.on_hand) as units,
                   sum(b.factor * (b.on_hand - b.allocated)) as free_units
            from (select 1 as factor, product_id, inventory_type_id, on_hand, allocated from changed
                  union all select -1, product_id, inventory_type_id, on_hand, allocated from before) b
            join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable
            group by b.product_id having sum(b.factor * b.on_hand) <> 0 or sum(b.factor * b.allocated) <> 0) x;
    else
        perform inventory_ops_add_stock(array_agg(product_id), array_agg(-units), array_agg(-free_units)) from (
            select b.product_id, sum(b.on_hand) as units, sum(b.on_hand - b.allocated) as free_units
            from before b join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable
            group by b.product_id having sum(b.on_hand) <> 0 or sum(b.allocated) <> 0) x;
    end if;
    return null;
end $$;
create trigger product_statistics_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function inventory_ops_stats_of_balances();
create trigger product_statistics_update after update on inventory_ops_stockbalance
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_stats_of_balances();
create trigger product_statistics_delete after delete on inventory_ops_stockbalance referencing old table as before
    for each statement execute function inventory_ops_stats_of_balances();

create function inventory_ops_rebuild_product_stock() returns void language sql as $$
    update inventory_ops_productstock s set on_hand = x.on_hand, available = x.available,
        value = inventory_ops_stock_value(x.cost, x.price, x.on_hand)
    from (
        select p.id, p.cost, p.price, coalesce(b.on_hand, 0) as on_hand, coalesce(b.available, 0) as available
        from inventory_ops_product p left join (
            select b.product_id, sum(b.on_hand) as on_hand, sum(b.on_hand - b.allocated) as available
            from inventory_ops_stockbalance b
            join inventory_ops_inventorytype t on t.id = b.inventory_type_id and t.is_sellable group by b.product_id
        ) b on b.product_id = p.id
    ) x where s.product_id = x.id and (s.on_hand, s.available, s.value)
        is distinct from (x.on_hand, x.available, inventory_ops_stock_value(x.cost, x.price, x.on_hand))
$$;
create function inventory_ops_stats_of_types() returns trigger language plpgsql as $$
begin
    perform inventory_ops_rebuild_product_stock();
    return null;
end $$;
create trigger product_statistics after update on inventory_ops_inventorytype for each row
    when (old.is_sellable is distinct from new.is_sellable) execute function inventory_ops_stats_of_types();

-- Demand: new lines widen the span; lines that change or go make it be read again. Each locks the products first, so
-- that the second statement of two at once sees what the first one wrote.
create function inventory_ops_demand_of_new_items() returns trigger language plpgsql as $$
begin
    perform from inventory_ops_productdemand where product_id in (
        select product_id from inserted where status in (2, 3) and quantity > cancelled_quantity)
        order by product_id for no key update;
    update inventory_ops_productdemand d set first_ordered_at = least(d.first_ordered_at, x.first_at),
        last_ordered_at = greatest(d.last_ordered_at, x.last_at)
    from (
        select product_id, min(ordered_at) as first_at, max(ordered_at) as last_at from inserted
        where status in (2, 3) and quantity > cancelled_quantity group by product_id
    ) x where d.product_id = x.product_id
      and (d.last_ordered_at is null or x.last_at > d.last_ordered_at or x.first_at < d.first_ordered_at);
    return null;
end $$;

create function inventory_ops_reread_demand(products bigint[]) returns void language plpgsql as $$
begin
    if products is null then
        return;
    end if;
    perform from inventory_ops_productdemand where product_id = any(products) order by product_id for no key update;
    update inventory_ops_productdemand d set first_ordered_at = x.first_at, last_ordered_at = x.last_at
    from unnest(products) p (id)
    cross join lateral (
        select (select i.ordered_at from inventory_ops_orderitem i where i.product_id = p.id and i.status in (2, 3)
                and i.quantity > i.cancelled_quantity order by i.ordered_at limit 1) as first_at,
               (select i.ordered_at from inventory_ops_orderitem i where i.product_id = p.id and i.status in (2, 3)
                and i.quantity > i.cancelled_quantity order by i.ordered_at desc limit 1) as last_at
    ) x where d.product_id = p.id
      and (d.first_ordered_at, d.last_ordered_at) is distinct from (x.first_at, x.last_at);
end $$;

create function inventory_ops_demand_of_changed_items() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        perform inventory_ops_reread_demand(array_agg(distinct x.product_id)) from (
            select unnest(array[b.product_id, c.product_id]) as product_id
            from changed c join before b on b.id = c.id
            where (b.product_id, b.ordered_at, b.status in (2, 3) and b.quantity > b.cancelled_quantity)
               is distinct from (c.product_id, c.ordered_at, c.status in (2, 3) and c.quantity > c.cancelled_quantity)
        ) x;
    else
        perform inventory_ops_reread_demand(array_agg(distinct product_id)) from before
            where status in (2, 3) and quantity > cancelled_quantity;
    end if;
    return null;
end $$;
create trigger product_demand_insert after insert on inventory_ops_orderitem referencing new table as inserted
    for each statement execute function inventory_ops_demand_of_new_items();
create trigger product_demand_update after update on inventory_ops_orderitem
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_demand_of_changed_items();
create trigger product_demand_delete after delete on inventory_ops_orderitem referencing old table as before
    for each statement execute function inventory_ops_demand_of_changed_items();

create function inventory_ops_rebuild_product_demand() returns void language sql as $$
    update inventory_ops_productdemand d set first_ordered_at = x.first_at, last_ordered_at = x.last_at
    from (
        select p.id, min(i.ordered_at) as first_at, max(i.ordered_at) as last_at
        from inventory_ops_product p left join inventory_ops_orderitem i on i.product_id = p.id
            and i.status in (2, 3) and i.quantity > i.cancelled_quantity group by p.id
    ) x where d.product_id = x.id
      and (d.first_ordered_at, d.last_ordered_at) is distinct from (x.first_at, x.last_at)
$$;

-- what was there before the triggers
insert into inventory_ops_productstock (product_id, merchant_id, on_hand, available, value)
select id, merchant_id, 0, 0, 0 from inventory_ops_product;
insert into inventory_ops_productdemand (product_id, merchant_id) select id, merchant_id from inventory_ops_product;
select inventory_ops_rebuild_product_stock();
select inventory_ops_rebuild_product_demand();
"""

BACK = """
drop trigger product_statistics_insert on inventory_ops_product;
drop trigger product_statistics_update on inventory_ops_product;
drop trigger product_statistics_delete on inventory_ops_product;
drop trigger product_statistics_insert on inventory_ops_stockbalance;
drop trigger product_statistics_update on inventory_ops_stockbalance;
drop trigger product_statistics_delete on inventory_ops_stockbalance;
drop trigger product_statistics on inventory_ops_inventorytype;
drop trigger product_demand_insert on inventory_ops_orderitem;
drop trigger product_demand_update on inventory_ops_orderitem;
drop trigger product_demand_delete on inventory_ops_orderitem;
drop function inventory_ops_stats_of_new_products, inventory_ops_stats_of_changed_products,
    inventory_ops_stats_of_deleted_products, inventory_ops_stats_of_balances, inventory_ops_stats_of_types,
    inventory_ops_add_stock, inventory_ops_rebuild_product_stock, inventory_ops_demand_of_new_items,
    inventory_ops_demand_of_changed_items, inventory_ops_reread_demand, inventory_ops_rebuild_product_demand,
    inventory_ops_stock_value;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0004_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProductDemand",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="demand",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("merchant_id", models.BigIntegerField()),
                ("first_ordered_at", models.DateTimeField(null=True)),
                ("last_ordered_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("last_ordered_at"), nulls_last=True),
                        models.F("product"),
                        name="product_demand_by_last",
                    ),
                    models.Index(
                        models.OrderBy(models.F("last_ordered_at"), descending=True, nulls_last=True),
                        models.OrderBy(models.F("product"), descending=True),
                        name="product_demand_by_last_d",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductStock",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="stock_total",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("merchant_id", models.BigIntegerField()),
                ("on_hand", models.BigIntegerField(default=0)),
                ("available", models.BigIntegerField(default=0)),
                ("value", models.DecimalField(decimal_places=4, default=0, max_digits=38)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["value", "product"], name="product_stock_by_value"),
                    models.Index(fields=["available", "product"], name="product_stock_by_available"),
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
