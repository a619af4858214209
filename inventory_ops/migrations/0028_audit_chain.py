"""Writing many events finds the end of the chain by its index, whatever was known of the log when it was empty."""

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

BEFORE = """
create or replace function inventory_ops_chain_audit()
returns trigger
language plpgsql
as $function$
declare
    log constant integer := hashtext('inventory_ops.audit');
    previous bytea;
begin
    new.strand := null;
    for free in 0..15 loop
        if pg_try_advisory_xact_lock(log, free) then
            new.strand := free;
            exit;
        end if;
    end loop;
    if new.strand is null then
        new.strand := pg_backend_pid() % 16;
        perform pg_advisory_xact_lock(log, new.strand);
    end if;
    new.id := nextval(pg_get_serial_sequence('inventory_ops_auditevent', 'id'));
    select digest into previous from inventory_ops_auditevent where strand = new.strand order by id desc limit 1;
    new.digest := inventory_ops_audit_digest(coalesce(previous, ''::bytea), new);
    return new;
end $function$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0027_view_widths"),
    ]

    operations = [
        ApplySql("inventory_ops", "audit_chain", "54ace71061ad11c7", before=BEFORE),
    ]
