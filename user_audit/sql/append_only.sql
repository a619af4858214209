-- The journal of steps taken in AWS is never changed, deleted or truncated: resuming an action relies on it. Neither is
-- what was answered of certifications, nor that nobody answered: reports of past campaigns rely on it.

create or replace trigger append_only before update or delete on user_audit_actionstep
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on user_audit_actionstep
    for each statement execute function inventory_ops_refuse_change();

-- the manager goes with an account that is deleted
create or replace trigger answered_is_frozen before update on user_audit_certification for each row
    when ((old.campaign_id, old.subject, old.label, old.user_id, old.iam_user_id)
          is distinct from (new.campaign_id, new.subject, new.label, new.user_id, new.iam_user_id)
          or old.state <> 'waiting' and (old.state, old.note, old.answered_by, old.answered_by_id, old.answered_at)
          is distinct from (new.state, new.note, new.answered_by, new.answered_by_id, new.answered_at))
    execute function inventory_ops_refuse_change();

create or replace trigger append_only before delete on user_audit_certification
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on user_audit_certification
    for each statement execute function inventory_ops_refuse_change();
