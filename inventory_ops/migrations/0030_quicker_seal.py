"""The digest of an event is computed within the trigger that seals it."""

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

BEFORE = """
create or replace function inventory_ops_event_digest(e inventory_ops_inventoryevent)
returns bytea
language sql
immutable parallel safe
as $function$
    select sha256(convert_to(concat_ws('|',
        e.id, (extract(epoch from e.recorded_at) * 1000000)::bigint, (extract(epoch from e.occurred_at) * 1000000)::bigint,
        e.merchant_id, e.product_id, e.balance_id, e.inventory_type_id, e.location_id, e.kind, e.quantity,
        e.quantity_after, e.sequence, e.reason, replace(e.note, '|', '\\|'), e.source, replace(e.reference, '|', '\\|'),
        replace(e.actor, '|', '\\|'), coalesce(e.batch::text, '\\N'), coalesce(e.order_item_id::text, '\\N'),
        coalesce(e.reverses_id::text, '\\N'), coalesce(e.counted_quantity::text, '\\N')), 'UTF8'))
$function$;

create or replace function inventory_ops_seal_event()
returns trigger
language plpgsql
as $function$
begin
    new.digest := inventory_ops_event_digest(new);
    return new;
end $function$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0029_changes_for_scans"),
    ]

    operations = [
        ApplySql("inventory_ops", "ledger", "3367325cd06f3912", before=BEFORE),
    ]
