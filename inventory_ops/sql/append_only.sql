-- Rows of the Events Ledger and of the audit log are never changed, deleted or truncated; rules that hold from a
-- moment on may only be withdrawn before they begin. Other apps guard their own tables with the same functions,
-- and `operations/grants.py` reads from the triggers what the product's role may not do. Relied on by every digest
-- and by `manage.py verify_ledger`: what is there was written once.

create or replace function inventory_ops_refuse_change()
returns trigger
language plpgsql
as $function$
begin
    raise exception '% of % is refused: it is append-only. Book a new row that corrects the old one.', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $function$;

create or replace function inventory_ops_only_withdraw()
returns trigger
language plpgsql
as $function$
begin
    if tg_op = 'UPDATE' and old.withdrawn_at is null and new.withdrawn_at is not null and old.valid_from > statement_timestamp()
        and to_jsonb(new) - 'withdrawn_at' = to_jsonb(old) - 'withdrawn_at' then
        return new;
    end if;
    raise exception '% of % is refused: only a rule that has not begun can be withdrawn.', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $function$;

create or replace trigger append_only before update or delete on inventory_ops_auditevent
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on inventory_ops_auditevent
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on inventory_ops_inventoryevent
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on inventory_ops_inventoryevent
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on inventory_ops_inventoryevent_default
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on inventory_ops_priceguard
    for each row execute function inventory_ops_only_withdraw();

create or replace trigger append_only_truncate before truncate on inventory_ops_priceguard
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before delete on inventory_ops_proposal
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on inventory_ops_proposal
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger proposal_is_frozen before update on inventory_ops_proposal for each row
    when ((old.kind, old.merchant_id, old.subject, old.values, old.before, old.valid_from, old.note,
           old.requested_by_id, old.requested_at)
          is distinct from (new.kind, new.merchant_id, new.subject, new.values, new.before, new.valid_from, new.note,
           new.requested_by_id, new.requested_at)
          or old.state in ('rejected', 'withdrawn')
          or (old.state = 'approved'
        and (new.state, new.approved_by_id) is distinct from ('withdrawn', old.approved_by_id)))
    execute function inventory_ops_refuse_change();
