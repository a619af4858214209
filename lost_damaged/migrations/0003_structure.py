"""What models cannot state: numbers, a key over a write-off and its merchant, the formula as a check, storage."""

from __future__ import annotations

from django.db import migrations

NUMBERS = """
create sequence lost_damaged_number_seq;
create sequence lost_damaged_statement_seq;
create sequence lost_damaged_nav_seq;
create sequence lost_damaged_claim_seq;
"""
NUMBERS_BACK = """
drop sequence lost_damaged_number_seq, lost_damaged_statement_seq, lost_damaged_nav_seq, lost_damaged_claim_seq
"""

KEY = """
alter table lost_damaged_writeoff add constraint write_off_product_of_merchant
    foreign key (merchant_id, product_id) references inventory_ops_product (merchant_id, id)
    deferrable initially deferred;
"""

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
alter table lost_damaged_sellertransaction drop constraint transaction_raw_amount_follows_formula,
    drop constraint transaction_amount_is_rounded_once, drop constraint transaction_type_is_known;
"""

# one row an hour and seller is written again and again: room for it in the same page
STORAGE = "alter table lost_damaged_writeoffhour set (fillfactor = 50)"


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0002_constraints")]

    operations = [
        migrations.RunSQL(NUMBERS, NUMBERS_BACK),
        migrations.RunSQL(KEY, "alter table lost_damaged_writeoff drop constraint write_off_product_of_merchant"),
        migrations.RunSQL(FORMULA, FORMULA_BACK),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
