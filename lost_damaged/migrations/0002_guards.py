"""What Django cannot state: numbers, composite keys, the formula as a check, double entry, append-only guards."""

from __future__ import annotations

from django.db import migrations

NUMBERS = """
create sequence lost_damaged_number_seq;
create sequence lost_damaged_statement_seq;
create sequence lost_damaged_nav_seq;

-- LD-2026-000123; beyond a million the number grows longer instead of being cut
create function lost_damaged_number(prefix text, sequence regclass) returns text language sql volatile as $$
    select prefix || '-' || extract(year from now() at time zone 'UTC') || '-' || lpad(n, greatest(6, length(n)), '0')
    from (select nextval(sequence)::text as n) next
$$;
"""
NUMBERS_BACK = """
drop function lost_damaged_number;
drop sequence lost_damaged_number_seq, lost_damaged_statement_seq, lost_damaged_nav_seq;
"""

KEYS = """
alter table lost_damaged_writeoff add constraint write_off_product_of_merchant
    foreign key (merchant_id, product_id) references inventory_ops_product (merchant_id, id)
    deferrable initially deferred;
"""
KEYS_BACK = "alter table lost_damaged_writeoff drop constraint write_off_product_of_merchant"

# The same words as lost_damaged/formula.py: a row whose amount does not follow from its inputs cannot be stored.
FORMULA = """
alter table lost_damaged_sellertransaction add constraint transaction_raw_amount_follows_formula check (
    -- coalesce: a missing input makes the comparison NULL, which a check would let pass
    coalesce(raw_amount = case formula
        when 'order_item' then (unit_price - commission_amount) * factor
        when 'product' then (case when special_used then least(price, special_price) else price end)
             * (1 - commission_percent * 0.01) * factor end, false)
);
alter table lost_damaged_sellertransaction add constraint transaction_amount_is_rounded_once check (
    amount = round(greatest(raw_amount, 0), minor_units) * case type when 'credit' then 1 else -1 end
);
alter table lost_damaged_sellertransaction add constraint transaction_type_is_known check (type in ('credit', 'debit'));
"""
FORMULA_BACK = """
alter table lost_damaged_sellertransaction drop constraint transaction_raw_amount_follows_formula;
alter table lost_damaged_sellertransaction drop constraint transaction_amount_is_rounded_once;
alter table lost_damaged_sellertransaction drop constraint transaction_type_is_known;
"""

# Deferred to the commit, so that a transaction and its entries may come in any order.
DOUBLE_ENTRY = """
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
create constraint trigger balanced after insert on lost_damaged_ledgerentry
    deferrable initially deferred for each row execute function lost_damaged_check_entries();
"""
DOUBLE_ENTRY_BACK = """
drop trigger balanced on lost_damaged_ledgerentry;
drop trigger balanced on lost_damaged_sellertransaction;
drop function lost_damaged_check_entries;
"""

APPEND_ONLY = ["writeoff", "sellertransaction", "ledgerentry", "factor"]
GUARDS = "\n".join(
    f"""
create trigger append_only before update or delete on lost_damaged_{table}
    for each row execute function inventory_ops_refuse_change();
create trigger append_only_truncate before truncate on lost_damaged_{table}
    for each statement execute function inventory_ops_refuse_change();
"""
    for table in APPEND_ONLY
)
GUARDS_BACK = "\n".join(
    f"drop trigger append_only on lost_damaged_{table}; drop trigger append_only_truncate on lost_damaged_{table};"
    for table in APPEND_ONLY
)

# Closed statements and exported batches: the facts are frozen, only a batch's fate may be written.
FROZEN = """
create trigger closed_is_frozen before update or delete on lost_damaged_statement
    for each row when (old.state = 'closed') execute function inventory_ops_refuse_change();
create trigger append_only_truncate before truncate on lost_damaged_statement
    for each statement execute function inventory_ops_refuse_change();
create trigger batch_is_frozen before update on lost_damaged_navbatch for each row
    when ((old.number, old.currency, old.month, old.csv, old.json, old.sha256, old.line_count, old.debit_amount,
           old.credit_amount, old.created_by, old.created_at)
          is distinct from (new.number, new.currency, new.month, new.csv, new.json, new.sha256, new.line_count,
           new.debit_amount, new.credit_amount, new.created_by, new.created_at)
          or old.state <> 'exported')
    execute function inventory_ops_refuse_change();
create trigger batch_stays before delete on lost_damaged_navbatch
    for each row execute function inventory_ops_refuse_change();
create trigger batch_line_is_frozen before update on lost_damaged_navbatchline for each row
    when (old.batch_id <> new.batch_id or old.transaction_id <> new.transaction_id or not old.active)
    execute function inventory_ops_refuse_change();
create trigger batch_line_stays before delete on lost_damaged_navbatchline
    for each row execute function inventory_ops_refuse_change();
"""
FROZEN_BACK = """
drop trigger closed_is_frozen on lost_damaged_statement;
drop trigger append_only_truncate on lost_damaged_statement;
drop trigger batch_is_frozen on lost_damaged_navbatch;
drop trigger batch_stays on lost_damaged_navbatch;
drop trigger batch_line_is_frozen on lost_damaged_navbatchline;
drop trigger batch_line_stays on lost_damaged_navbatchline;
"""

# Amounts are never converted: a seller with transactions keeps its currency.
CURRENCY = """
create function lost_damaged_keep_currency() returns trigger language plpgsql as $$
begin
    if exists (select from lost_damaged_sellertransaction where merchant_id = old.id) then
        raise exception 'The currency of % cannot change from % to %: it has transactions.',
            old.vendor_number, old.currency, new.currency
            using errcode = 'check_violation', constraint = 'merchant_keeps_currency_once_paid';
    end if;
    return new;
end $$;
create trigger lost_damaged_keep_currency before update of currency on inventory_ops_merchant
    for each row when (old.currency is distinct from new.currency) execute function lost_damaged_keep_currency();
"""
CURRENCY_BACK = """
drop trigger lost_damaged_keep_currency on inventory_ops_merchant;
drop function lost_damaged_keep_currency;
"""


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0001_initial"), ("inventory_ops", "0003_findings")]

    operations = [
        migrations.RunSQL(NUMBERS, NUMBERS_BACK),
        migrations.RunSQL(KEYS, KEYS_BACK),
        migrations.RunSQL(FORMULA, FORMULA_BACK),
        migrations.RunSQL(DOUBLE_ENTRY, DOUBLE_ENTRY_BACK),
        migrations.RunSQL(GUARDS, GUARDS_BACK),
        migrations.RunSQL(FROZEN, FROZEN_BACK),
        migrations.RunSQL(CURRENCY, CURRENCY_BACK),
    ]
