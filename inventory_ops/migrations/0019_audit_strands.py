"""The audit log in strands: who writes at the same time as others waits for nobody else's commit."""

from django.db import migrations, models

CHAIN = """
-- Each row's digest covers the one before it of its strand. A writer takes the first strand that no other transaction
-- holds; one that holds a strand already gets that again. Only the seventeenth writer at once has to wait.
create or replace function inventory_ops_chain_audit() returns trigger language plpgsql as $$
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
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0017_cost_margins")]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="strand",
            field=models.SmallIntegerField(db_default=0, editable=False),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["strand", "-id"], name="audit_end_of_strand"),
        ),
        migrations.RunSQL(CHAIN),  # no way back: rows of other strands would read as altered
    ]
