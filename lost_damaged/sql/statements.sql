-- A statement that transactions are on is never deleted, and keeps its seller and currency.

create or replace function lost_damaged_keep_statement()
returns trigger
language plpgsql
as $function$
begin
    if exists (select from lost_damaged_sellertransaction where statement_id = old.id) then
        raise exception 'Statement % has transactions: it stays.', old.number using errcode = 'foreign_key_violation';
    end if;
    return old;
end $function$;

create or replace trigger statement_stays before delete on lost_damaged_statement
    for each row execute function lost_damaged_keep_statement();
