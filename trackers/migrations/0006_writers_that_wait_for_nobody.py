"""Writers of orders and of stock tell the trackers at the same time and never wait for each other.

Who imports orders says which products changed before it locks their balances; who books stock locks a balance first.
With one row a product for both to write, each could hold what the other wanted: a deadlock. So changes are rows of
their own, as many as there are, and the first stock of a product is kept apart from its first order.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

SQL = """
create or replace function trackers_on_events() returns trigger language plpgsql as $$
begin
    insert into trackers_productfirststock as f (product_id, first_at)
    select x.product_id, x.first_at from (
        select product_id, min(occurred_at) as first_at from inserted
        where quantity > 0 and kind not in ('allocated', 'released') group by product_id
    ) x
    -- hardly any is earlier than what is known
    where not exists (select from trackers_productfirst k where k.product_id = x.product_id and k.first_at <= x.first_at)
      and not exists (select from trackers_productfirststock k
                      where k.product_id = x.product_id and k.first_at <= x.first_at)
    order by x.product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    return null;
end $$;
"""

BACK = """
create or replace function trackers_on_events() returns trigger language plpgsql as $$
begin
    insert into trackers_productfirst as f (product_id, first_at)
    select product_id, min(occurred_at) from inserted
    where quantity > 0 and kind not in ('allocated', 'released') group by product_id order by product_id
    on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    return null;
end $$;
insert into trackers_productfirst as f (product_id, first_at)
select product_id, first_at from trackers_productfirststock
on conflict (product_id) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
"""


class Migration(migrations.Migration):
    dependencies = [("trackers", "0005_scan_reads_indexes_only")]

    operations = [
        # what waits in it is evaluated again: the first scan after the migration does that
        migrations.DeleteModel("DirtyPair"),
        migrations.CreateModel(
            name="DirtyPair",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("product_id", models.BigIntegerField()),
                ("inventory_type_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ProductFirstStock",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("first_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(SQL, BACK),
    ]
