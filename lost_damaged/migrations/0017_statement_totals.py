"""Sums and digest of the lines of each statement by kind, kept as lines are added and moved."""

import django.db.models.deletion
from django.db import migrations, models

import inventory_ops.kit.db.fields
from inventory_ops.kit.db.sql_files import ApplySql

# each sum is changed many times: a row's next version finds room beside it
STORAGE = "alter table lost_damaged_statementtotal set (fillfactor = 50)"
# whoever adds lines while this runs waits for the triggers
LOCK = "lock table lost_damaged_statementline in share row exclusive mode"
FILL = """
insert into lost_damaged_statementtotal (statement_id, kind, amount, lines, digest)
select statement_id, kind, sum(amount), count(*),
       sum(hashint8extended(id, hash_numeric_extended(amount, hashint8extended(
           coalesce(order_item_id, transaction_id, adjustment_id), hashtextextended(kind,
           timestamptz_hash_extended(occurred_at, quantity * 4294967296 + sequence))))))
from lost_damaged_statementline group by 1, 2 order by 1, 2
"""


class Migration(migrations.Migration):
    dependencies = [
        ("lost_damaged", "0016_digest_of_lines"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatementTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("order", "Item price"),
                            ("fee", "Commission"),
                            ("refund", "Item price refunded"),
                            ("fee_refund", "Commission returned"),
                            ("credit", "Lost or Damaged Credit"),
                            ("debit", "Lost or Damaged"),
                            ("adjustment", "Adjustment"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "amount",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="amount"),
                ),
                ("lines", models.BigIntegerField(verbose_name="lines")),
                ("digest", models.DecimalField(decimal_places=0, max_digits=40)),
                (
                    "statement",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="totals",
                        to="lost_damaged.statement",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["statement", "kind"], name="total_of_statement")]},
        ),
        migrations.RunSQL([STORAGE, LOCK], migrations.RunSQL.noop),
        ApplySql("lost_damaged", "statement_totals", "2f2d85f209d2c8bb"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
