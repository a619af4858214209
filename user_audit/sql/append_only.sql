-- The journal of steps taken in AWS is never changed, deleted or truncated: resuming an action relies on it.

create or replace trigger append_only before update or delete on user_audit_actionstep
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on user_audit_actionstep
    for each statement execute function inventory_ops_refuse_change();
