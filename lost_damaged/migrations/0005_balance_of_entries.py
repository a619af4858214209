"""Entries are checked once a statement instead of once a row: a million units would wait for it at their commit.

That is stricter, too: every statement that adds entries has to leave its transactions balanced. The deferred trigger
on transactions stays: at the commit each has the entries that its amount asks for.
"""

from __future__ import annotations

from django.db import migrations

SQL = """
drop trigger balanced on lost_damaged_ledgerentry;
create function lost_damaged_check_new_entries() returns trigger language plpgsql as $$
declare
    wrong record;
begin
    select t.id, t.amount, sum(e.debit) as debits, sum(e.credit) as credits into wrong
    from lost_damaged_ledgerentry e
    join lost_damaged_sellertransaction t on t.id = e.transaction_id
    where e.transaction_id in (select transaction_id from added)
    group by t.id
    having sum(e.debit) <> sum(e.credit)
        or coalesce(sum(e.credit - e.debit) filter (where e.account = 'liability'), 0) <> t.amount
    limit 1;
    if found then
        raise exception 'transaction % is not balanced: debit %, credit % of %',
            wrong.id, wrong.debits, wrong.credits, wrong.amount using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger balanced after insert on lost_damaged_ledgerentry
    referencing new table as added for each statement execute function lost_damaged_check_new_entries();
"""
BACK = """
drop trigger balanced on lost_damaged_ledgerentry;
drop function lost_damaged_check_new_entries;
create constraint trigger balanced after insert on lost_damaged_ledgerentry
    deferrable initially deferred for each row execute function lost_damaged_check_entries();
"""


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0004_leaner_indexes")]

    operations = [migrations.RunSQL(SQL, BACK)]
