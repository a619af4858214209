"""Write-offs, claims and lines of statements refer to the key of an order item, whatever month it lies in."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from inventory_ops.kit.db.sql_files import ApplySql

# what was in force: refused row by row, which an item that moves to another month would be, too
BEFORE = """
create or replace function lost_damaged_keep_item()
returns trigger
language plpgsql
as $function$
begin
    if exists (select from lost_damaged_statementline where order_item_id = old.id) then
        raise exception 'Order item % is on a statement: it stays.', old.shop_item_id
            using errcode = 'foreign_key_violation';
    end if;
    return old;
end $function$;

create or replace trigger statement_lines_keep_item before delete on inventory_ops_orderitem
    for each row execute function lost_damaged_keep_item();
"""


def by_key(**options: object) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        to="inventory_ops.orderitemkey",
        **options,  # type: ignore[arg-type]
    )


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0018_open_statement_of_each_line"), ("inventory_ops", "0032_keys_of_order_items")]

    operations = [
        migrations.AlterField("claim", "order_item", by_key(related_name="+")),
        migrations.AlterField(
            "statementline",
            "order_item",
            by_key(related_name="statement_lines", db_constraint=False, db_index=False),
        ),
        migrations.AlterField("writeoff", "order_item", by_key(related_name="write_offs", db_index=False)),
        ApplySql("lost_damaged", "statement_lines", "4f0783eb65441629", before=BEFORE),
    ]
