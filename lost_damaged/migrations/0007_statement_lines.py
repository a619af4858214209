"""Lines of statements, adjustments and payments; what was booked before gets its lines in the next migration."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import inventory_ops.kit.db.fields
from inventory_ops.kit.db.additions import AddAll
from inventory_ops.kit.db.sql_files import ApplySql


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0012_returned_quantity"),
        ("lost_damaged", "0006_text_ids_of_waiting_units"),
    ]

    operations = [
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, verbose_name="number")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "amount",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="amount"),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("requested_by", models.CharField(blank=True, default="", max_length=254, verbose_name="asked for by")),
                ("approved_by", models.CharField(blank=True, default="", max_length=254, verbose_name="approved by")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "adjustment of a statement",
                "verbose_name_plural": "adjustments of statements",
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "amount",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="amount"),
                ),
                ("paid_on", models.DateField(verbose_name="paid on")),
                ("reference", models.CharField(max_length=100, verbose_name="bank reference")),
                (
                    "source",
                    models.CharField(
                        choices=[("page", "Page"), ("csv", "CSV"), ("api", "API")], max_length=10, verbose_name="source"
                    ),
                ),
                ("actor", models.CharField(blank=True, default="", max_length=254, verbose_name="actor")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
            },
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
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
                ("sequence", models.PositiveIntegerField(default=1, verbose_name="sequence")),
                ("quantity", models.IntegerField(default=1, verbose_name="quantity")),
                (
                    "unit_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="amount a unit"
                    ),
                ),
                (
                    "amount",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="amount"),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                    ),
                ),
            ],
            options={
                "verbose_name": "statement line",
                "verbose_name_plural": "statement lines",
            },
        ),
        migrations.RemoveConstraint(
            model_name="statement",
            name="statement_closed_has_amounts",
        ),
        migrations.RemoveConstraint(
            model_name="statement",
            name="statement_adds_up",
        ),
        AddAll(
            [
                migrations.AddField(
                    model_name="statement",
                    name="adjustments_amount",
                    field=inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="adjustments"
                    ),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="adjustments_count",
                    field=models.PositiveIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="closed_at",
                    field=models.DateTimeField(blank=True, null=True, verbose_name="closed at"),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="fee_refunds_amount",
                    field=inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="commission returned"
                    ),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="fee_refunds_count",
                    field=models.PositiveIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="fees_count",
                    field=models.PositiveIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="lines_digest",
                    field=models.DecimalField(decimal_places=0, editable=False, max_digits=40, null=True),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="orders_count",
                    field=models.PositiveIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="paid_amount",
                    field=inventory_ops.kit.db.fields.MoneyField(
                        db_default=0, decimal_places=4, default=0, max_digits=20, verbose_name="paid"
                    ),
                ),
                migrations.AddField(
                    model_name="statement",
                    name="refunds_count",
                    field=models.PositiveIntegerField(null=True),
                ),
            ]
        ),
        migrations.AlterField(
            model_name="statement",
            name="merchant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statements",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.AlterField(
            model_name="statement",
            name="state",
            field=models.CharField(
                choices=[("open", "Open"), ("closing", "Closing"), ("closed", "Closed"), ("paid", "Paid")],
                default="open",
                max_length=10,
                verbose_name="state",
            ),
        ),
        AddAll(
            [
                migrations.AddIndex(
                    model_name="statement",
                    index=models.Index(fields=["merchant", "starts_at"], name="statement_of_seller"),
                ),
                migrations.AddField(
                    model_name="adjustment",
                    name="merchant",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory_ops.merchant"
                    ),
                ),
                migrations.AddField(
                    model_name="payment",
                    name="statement",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="lost_damaged.statement",
                    ),
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="adjustment",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        related_query_name="line",
                        to="lost_damaged.adjustment",
                    ),
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="merchant",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="order_item",
                    field=models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_lines",
                        to="inventory_ops.orderitem",
                    ),
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="statement",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="lost_damaged.statement",
                    ),
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="transaction",
                    field=models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        related_query_name="line",
                        to="lost_damaged.sellertransaction",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="adjustment",
                    constraint=models.UniqueConstraint(fields=("number",), name="adjustment_number_is_unique"),
                ),
                migrations.AddConstraint(
                    model_name="adjustment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True), name="adjustment_is_not_zero"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="adjustment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="adjustment_has_a_reason"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.UniqueConstraint(
                        fields=("statement", "reference"), name="payment_once_per_reference"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="payment_is_above_zero"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reference", ""), _negated=True), name="payment_has_a_reference"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("source__in", ["page", "csv", "api"])), name="payment_source_is_known"
                    ),
                ),
                migrations.AddIndex(
                    model_name="statementline",
                    index=models.Index(fields=["statement", "occurred_at", "id"], name="line_of_statement"),
                ),
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("order_item__isnull", False)),
                        fields=("order_item", "kind", "sequence"),
                        name="line_once_per_item_kind_and_sequence",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("transaction__isnull", False)),
                        fields=("transaction",),
                        name="line_once_per_transaction",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("adjustment__isnull", False)),
                        fields=("adjustment",),
                        name="line_once_per_adjustment",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("adjustment__isnull", True),
                                ("kind__in", ["order", "fee", "refund", "fee_refund"]),
                                ("order_item__isnull", False),
                                ("transaction__isnull", True),
                            ),
                            models.Q(
                                ("adjustment__isnull", True),
                                ("kind__in", ["credit", "debit"]),
                                ("order_item__isnull", True),
                                ("transaction__isnull", False),
                            ),
                            models.Q(
                                ("adjustment__isnull", False),
                                ("kind", "adjustment"),
                                ("order_item__isnull", True),
                                ("transaction__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="line_is_of_one_thing",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("sequence__gte", 1)), name="line_sequence_begins_with_one"
                    ),
                ),
            ]
        ),
        ApplySql("lost_damaged", "minor_units", "d027c06a20e6d670"),
        migrations.RunSQL("create sequence lost_damaged_adjustment_seq", "drop sequence lost_damaged_adjustment_seq"),
    ]
