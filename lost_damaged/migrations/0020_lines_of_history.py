"""Order items that were settled before the books of their seller began are not looked up for lines."""

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

# what was in force
BEFORE = """
create or replace function lost_damaged_items_added()
returns trigger
language plpgsql
as $function$
declare
    items bigint[];
begin
    select array_agg(id) into items from added where quantity_shipped > 0;
    if items is not null then
        perform pg_advisory_xact_lock_shared(hashtext('lost_damaged.books'), part)
            from (select distinct lost_damaged_books_lock(merchant_id) as part from added order by 1) parts;
        perform lost_damaged_bring_lines(items);
    end if;
    return null;
end $function$;
"""


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0019_order_items_by_key")]

    operations = [
        ApplySql("lost_damaged", "statement_lines", "8e486a50bf193b28", before=BEFORE),
    ]
