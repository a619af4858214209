"""What the health scan reads of a product comes from covering indexes and one narrow row, never from wide ones."""

from __future__ import annotations

from django.db import migrations, models

SQL = """
-- the days of a window are read without their rows
alter table trackers_productday drop constraint trackers_productday_pkey,
    add primary key (product_id, day) include (sold, shipped);

-- First availability takes the product's own creation in, so that the scan needs no product.
create function trackers_on_products_inserted() returns trigger language plpgsql as $$
begin
    insert into trackers_productfirst as f (product_id, first_at)
    select id, created_at from inserted order by id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    return null;
end $$;
create trigger trackers_insert after insert on inventory_ops_product referencing new table as inserted
    for each statement execute function trackers_on_products_inserted();

create function trackers_on_products_changed() returns trigger language plpgsql as $$
begin
    update trackers_productfirst f set first_at = x.first_at
    from (
        select c.id, least(c.created_at,
            (select min(i.ordered_at) from inventory_ops_orderitem i where i.product_id = c.id and i.status in (2, 3)),
            (select min(e.occurred_at) from inventory_ops_inventoryevent e where e.product_id = c.id
                and e.quantity > 0 and e.kind not in ('allocated', 'released'))) as first_at
        from changed c join before b on b.id = c.id where b.created_at <> c.created_at order by c.id
    ) x where f.product_id = x.id and f.first_at <> x.first_at;
    return null;
end $$;
create trigger trackers_update after update on inventory_ops_product referencing new table as changed
    old table as before for each statement execute function trackers_on_products_changed();

insert into trackers_productfirst as f (product_id, first_at) select id, created_at from inventory_ops_product
on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
"""

BACK = """
alter table trackers_productday drop constraint trackers_productday_pkey, add primary key (product_id, day);
drop trigger trackers_insert on inventory_ops_product;
drop trigger trackers_update on inventory_ops_product;
drop function trackers_on_products_inserted, trackers_on_products_changed;
"""


class Migration(migrations.Migration):
    dependencies = [("trackers", "0004_scan_and_list_indexes")]

    operations = [
        migrations.RunSQL(SQL, BACK),
        migrations.CreateModel(
            name="KeptRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "first", "last"), name="tracker_range_is_kept_once_a_day")
                ],
            },
        ),
    ]
