"""What a booking has to fulfil is checked once a statement instead of once a row at the commit.

That is as strict, and earlier: a transaction comes with its entries in one statement, and finds its write-off and
the open statement of its seller there. The foreign keys that say the same row by row go; what they pointed to cannot
go away, because it is append-only, and a statement with transactions is kept by a trigger. The functions run with
`enable_seqscan` off because a session keeps their plans: one that was made for empty tables would read all of them
for each row when they have grown.
"""

import django.db.models.deletion
from django.db import migrations, models

CHECKS = """
drop trigger balanced on lost_damaged_sellertransaction;
drop function lost_damaged_check_entries;

create function lost_damaged_check_new_transactions() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    wrong record;
begin
    select a.id, a.amount, w.id as write_off, s.id as statement, e.owed into wrong
    from added a
    left join lost_damaged_writeoff w on w.id = a.write_off_id and w.merchant_id = a.merchant_id
    left join lost_damaged_statement s on s.id = a.statement_id and s.merchant_id = a.merchant_id
        and s.currency = a.currency and s.state = 'open'
    left join lateral (select credit - debit as owed from lost_damaged_ledgerentry
                       where transaction_id = a.id and account = 'liability') e on true
    where w.id is null or s.id is null or coalesce(e.owed, 0) <> a.amount
    limit 1;
    if wrong.id is null then
        return null;
    elsif wrong.write_off is null then
        raise exception 'transaction % has no write-off of its seller', wrong.id using errcode = 'foreign_key_violation';
    elsif wrong.statement is null then
        raise exception 'transaction % has no open statement of its seller and currency', wrong.id
            using errcode = 'foreign_key_violation';
    end if;
    raise exception 'transaction % is not balanced: liability % of %', wrong.id, coalesce(wrong.owed, 0), wrong.amount
        using errcode = 'check_violation';
end $$;
create trigger checked after insert on lost_damaged_sellertransaction
    referencing new table as added for each statement execute function lost_damaged_check_new_transactions();

-- One entry a side and account (see the unique constraint): those of this statement are all that there will be.
create or replace function lost_damaged_check_new_entries() returns trigger language plpgsql
set enable_seqscan = off as $$
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
end $$;

create function lost_damaged_keep_statement() returns trigger language plpgsql as $$
begin
    if exists (select from lost_damaged_sellertransaction where statement_id = old.id) then
        raise exception 'Statement % has transactions: it stays.', old.number using errcode = 'foreign_key_violation';
    end if;
    return old;
end $$;
create trigger statement_stays before delete on lost_damaged_statement
    for each row execute function lost_damaged_keep_statement();
"""
CHECKS_BACK = """
drop trigger statement_stays on lost_damaged_statement;
drop function lost_damaged_keep_statement;
drop trigger checked on lost_damaged_sellertransaction;
drop function lost_damaged_check_new_transactions;
create or replace function lost_damaged_check_new_entries() returns trigger language plpgsql as $$
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
alter function lost_damaged_check_new_entries reset enable_seqscan;
create function lost_damaged_check_entries() returns trigger language plpgsql as $$
declare
    of_transaction bigint;
    expected numeric;
    debits numeric;
    credits numeric;
    owed numeric;
begin
    if tg_table_name = 'lost_damaged_ledgerentry' then
        of_transaction := new.transaction_id;
    else
        of_transaction := new.id;
    end if;
    select amount into expected from lost_damaged_sellertransaction where id = of_transaction;
    select coalesce(sum(debit), 0), coalesce(sum(credit), 0),
           coalesce(sum(credit - debit) filter (where account = 'liability'), 0)
      into debits, credits, owed
      from lost_damaged_ledgerentry where transaction_id = of_transaction;
    if debits <> credits or owed <> expected then
        raise exception 'transaction % is not balanced: debit %, credit %, liability % of %',
            of_transaction, debits, credits, owed, expected using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger balanced after insert on lost_damaged_sellertransaction
    deferrable initially deferred for each row execute function lost_damaged_check_entries();
"""


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0007_claims")]

    operations = [
        migrations.AlterField(
            model_name="ledgerentry",
            name="transaction",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="lost_damaged.sellertransaction",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                fields=("transaction", "account"), name="entry_once_per_transaction_and_account"
            ),
        ),
        migrations.AlterField(
            model_name="sellertransaction",
            name="statement",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transactions",
                to="lost_damaged.statement",
            ),
        ),
        migrations.AlterField(
            model_name="sellertransaction",
            name="write_off",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transactions",
                to="lost_damaged.writeoff",
            ),
        ),
        migrations.AlterField(
            model_name="writeoffrow",
            name="file",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="lost_damaged.writeofffile",
            ),
        ),
        migrations.AlterField(
            model_name="writeoffrow",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.RemoveIndex(model_name="writeoffrow", name="write_off_row_ready"),
        migrations.AddIndex(
            model_name="writeoffrow",
            index=models.Index(
                condition=models.Q(("state", "ready")), fields=["file", "id"], name="write_off_row_ready"
            ),
        ),
        migrations.RunSQL(CHECKS, CHECKS_BACK),
    ]
