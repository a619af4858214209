"""The category of a product and whether it is live, beside the value of its stock, kept by the triggers of products."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
update inventory_ops_productstock s set category_id = p.category_id, is_live = p.is_live
from inventory_ops_product p
where p.id = s.product_id and (s.category_id, s.is_live) is distinct from (p.category_id, p.is_live);
"""

TRIGGERS = """
create or replace function inventory_ops_stats_of_new_products() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_productstock (product_id, merchant_id, on_hand, available, value, category_id, is_live)
    select id, merchant_id, 0, 0, 0, category_id, is_live from inserted;
    insert into inventory_ops_productdemand (product_id, merchant_id) select id, merchant_id from inserted;
    return null;
end $$;

create or replace function inventory_ops_stats_of_changed_products() returns trigger language plpgsql as $$
begin
    update inventory_ops_productstock s
    set value = inventory_ops_stock_value(l.cost, l.price, s.on_hand), category_id = l.category_id, is_live = l.is_live
    from (
        select k.product_id, c.cost, c.price, c.category_id, c.is_live from changed c join before b on b.id = c.id
        join inventory_ops_productstock k on k.product_id = c.id
        where (coalesce(c.cost, c.price), c.category_id, c.is_live)
            is distinct from (coalesce(b.cost, b.price), b.category_id, b.is_live)
        order by k.product_id for no key update of k
    ) l where s.product_id = l.product_id;
    return null;
end $$;
"""

BACK = """
create or replace function inventory_ops_stats_of_new_products() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_productstock (product_id, merchant_id, on_hand, available, value)
    select id, merchant_id, 0, 0, 0 from inserted;
    insert into inventory_ops_productdemand (product_id, merchant_id) select id, merchant_id from inserted;
    return null;
end $$;

create or replace function inventory_ops_stats_of_changed_products() returns trigger language plpgsql as $$
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
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0021_event_actors"),
    ]

    operations = [
        migrations.AddField(
            model_name="productstock",
            name="category",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.category",
            ),
        ),
        migrations.AddField(
            model_name="productstock",
            name="is_live",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.RunSQL(TRIGGERS, BACK),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="productstock",
            index=models.Index(fields=["category", "value", "product"], name="product_stock_of_category"),
        ),
        migrations.AddIndex(
            model_name="productstock",
            index=models.Index(
                condition=models.Q(("is_live", False)), fields=["value", "product"], name="product_stock_not_live"
            ),
        ),
        # the planner knows nothing of the new columns before
        migrations.RunSQL("analyze inventory_ops_productstock", migrations.RunSQL.noop),
    ]
