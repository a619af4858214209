-- The audit log is a hash chain in up to sixteen strands, so that writers at once do not wait for each other: each
-- row's digest covers the one before it in its strand. `operations/verify.py` reads the strands and finds a row
-- that was changed or removed.

create or replace function inventory_ops_audit_digest(previous bytea, e inventory_ops_auditevent)
returns bytea
language sql
immutable parallel safe
as $function$
    select sha256(previous || convert_to(jsonb_build_array(
        e.id, (extract(epoch from e.at) * 1000000)::bigint, e.actor_id, e.actor, e.action, e.subject_type,
        e.subject_id, e.merchant_id, e.summary, e.data, e.request_id)::text, 'UTF8'))
$function$;

create or replace function inventory_ops_chain_audit()
returns trigger
language plpgsql
SET enable_seqscan TO 'off' -- its plan is kept, and may have been made when the log was empty
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

create or replace trigger chain before insert on inventory_ops_auditevent
    for each row execute function inventory_ops_chain_audit();
