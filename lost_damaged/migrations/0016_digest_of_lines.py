"""The digest of a closed statement's lines by the expression that is quicker to compute.

A statement whose lines do not make the digest that it has keeps it, so that `verify_ledger` finds it afterwards, too.
"""

from django.db import migrations

RECORDS = """sum(hash_record_extended(row(l.id, l.kind, coalesce(l.order_item_id, 0), coalesce(l.transaction_id, 0),
    coalesce(l.adjustment_id, 0), l.sequence, l.quantity, l.amount, l.occurred_at), 0))"""
SEEDS = """sum(hashint8extended(l.id, hash_numeric_extended(l.amount, hashint8extended(
    coalesce(l.order_item_id, l.transaction_id, l.adjustment_id), hashtextextended(l.kind,
    timestamptz_hash_extended(l.occurred_at, l.quantity * 4294967296 + l.sequence))))))"""
REPLACE = """
update lost_damaged_statement s set lines_digest = t.new
from (select l.statement_id, {old} as old, {new} as new from lost_damaged_statementline l group by 1) t
where t.statement_id = s.id and s.lines_digest = t.old and s.state in ('closed', 'paid')
"""
OFF = "alter table lost_damaged_statement disable trigger closed_is_frozen"
ON = "alter table lost_damaged_statement enable trigger closed_is_frozen"


class Migration(migrations.Migration):
    dependencies = [
        ("lost_damaged", "0015_returned_payments"),
    ]

    operations = [
        migrations.RunSQL(
            [OFF, REPLACE.format(old=RECORDS, new=SEEDS), ON], [OFF, REPLACE.format(old=SEEDS, new=RECORDS), ON]
        ),
    ]
