-- A transaction belongs to a write-off of its seller and has a line of its amount on a statement, and its journal
-- entries balance to its amount. Checked once a statement, so that a file of 100,000 rows costs as much as one
-- row.

create or replace function lost_damaged_check_new_entries()
returns trigger
language plpgsql
SET enable_seqscan TO 'off'
as $function$
declare
    wrong record;
begin
    select e.transaction_id as id, t.amount, e.debits, e.credits into wrong
    from (select transaction_id, sum(debit) as debits, sum(credit) as credits,
                 sum(credit - debit) filter (where account = 'liability') as owed
          from added group by transaction_id) e
    left join lost_damaged_sellertransaction t on t.id = e.transaction_id
    where e.debits <> e.credits or coalesce(e.owed, 0) is distinct from t.amount
    limit 1;
    if found then
        raise exception 'transaction % is not balanced: debit %, credit % of %',
            wrong.id, wrong.debits, wrong.credits, wrong.amount using errcode = 'check_violation';
    end if;
    return null;
end $function$;

create or replace function lost_damaged_check_new_transactions()
returns trigger
language plpgsql
SET enable_seqscan TO 'off'
as $function$
declare
    wrong record;
begin
    select a.id, a.amount, w.id as write_off, l.id as line, e.owed into wrong
    from added a
    left join lost_damaged_writeoff w on w.id = a.write_off_id and w.merchant_id = a.merchant_id
    left join lost_damaged_statementline l on l.transaction_id = a.id and l.merchant_id = a.merchant_id
        and l.currency = a.currency and l.kind = a.type and l.amount = a.amount
    left join lateral (select credit - debit as owed from lost_damaged_ledgerentry
                       where transaction_id = a.id and account = 'liability') e on true
    where w.id is null or l.id is null or coalesce(e.owed, 0) <> a.amount
    limit 1;
    if wrong.id is null then
        return null;
    elsif wrong.write_off is null then
        raise exception 'transaction % has no write-off of its seller', wrong.id using errcode = 'foreign_key_violation';
    elsif wrong.line is null then
        raise exception 'transaction % is on no statement of its seller and currency', wrong.id
            using errcode = 'foreign_key_violation';
    end if;
    raise exception 'transaction % is not balanced: liability % of %', wrong.id, coalesce(wrong.owed, 0), wrong.amount
        using errcode = 'check_violation';
end $function$;

create or replace trigger balanced after insert on lost_damaged_ledgerentry
    referencing new table as added for each statement execute function lost_damaged_check_new_entries();

create or replace trigger checked after insert on lost_damaged_sellertransaction
    referencing new table as added for each statement execute function lost_damaged_check_new_transactions();
