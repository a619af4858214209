-- A statement that has lines is never deleted; a closed one never changes, but for what was paid: the sum of its
-- payments, of which one that came back is taken away again.

create or replace function lost_damaged_keep_statement()
returns trigger
language plpgsql
as $function$
begin
    if exists (select from lost_damaged_statementline where statement_id = old.id) then
        raise exception 'Statement % has lines: it stays.', old.number using errcode = 'foreign_key_violation';
    end if;
    return old;
end $function$;

-- What of a statement is final once it is closed: all but its state and what was paid.
create or replace function lost_damaged_keep_closed()
returns trigger
language plpgsql
as $function$
begin
    if new.state in ('closed', 'paid')
        and new.paid_amount = (select coalesce(sum(amount), 0) from lost_damaged_payment where statement_id = old.id)
        and to_jsonb(new) - 'state' - 'paid_amount' = to_jsonb(old) - 'state' - 'paid_amount' then
        return new;
    end if;
    raise exception 'Statement % is % and append-only: what comes late goes to the open one.', old.number, old.state
        using errcode = 'insufficient_privilege';
end $function$;

-- A line's seller and currency are those of its statement.
create or replace function lost_damaged_keep_owner()
returns trigger
language plpgsql
as $function$
begin
    raise exception 'Statement % stays of its seller and currency.', old.number
        using errcode = 'insufficient_privilege';
end $function$;

create or replace trigger statement_stays before delete on lost_damaged_statement
    for each row execute function lost_damaged_keep_statement();

create or replace trigger closed_is_frozen before update on lost_damaged_statement
    for each row when (old.state in ('closed', 'paid')) execute function lost_damaged_keep_closed();

create or replace trigger keeps_owner before update of merchant_id, currency on lost_damaged_statement
    for each row when ((old.merchant_id, old.currency) is distinct from (new.merchant_id, new.currency))
    execute function lost_damaged_keep_owner();
