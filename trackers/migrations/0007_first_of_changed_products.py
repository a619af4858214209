"""Products before and after a change are told apart without a join."""

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

BEFORE = """
create or replace function trackers_on_products_changed()
returns trigger
language plpgsql
as $function$
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
end $function$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("trackers", "0006_scans_by_changes"),
    ]

    operations = [
        ApplySql("trackers", "dirty_pairs", "5a89027dfb608fd4", before=BEFORE),
    ]
