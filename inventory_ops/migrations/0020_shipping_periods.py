"""The table of shipping issues has rows for each period that the report offers. It is built again by the first who
needs it."""

import django.db.models.deletion
from django.db import migrations, models

BUILD = "delete from inventory_ops_issuerefresh"
TWICE = models.Q(("times__gte", 2))


def copied(to: str, **options: object) -> models.ForeignKey:
    """A reference of a copy: nothing enforces it."""
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=f"inventory_ops.{to}",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0019_audit_strands"),
    ]

    operations = [
        migrations.DeleteModel("ShippingIssue"),
        migrations.CreateModel(
            name="ShippingIssue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "period", "product_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("period", models.CharField(blank=True, max_length=4)),
                ("product", copied("product")),
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                ("category", copied("category", null=True)),
                ("merchant", copied("merchant")),
                ("times", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("value", models.DecimalField(decimal_places=4, max_digits=38)),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["merchant", "period", "product"], name="shipping_issue_of_merchant"),
                    models.Index(fields=["period", "times", "product"], name="shipping_issue_by_times"),
                    models.Index(fields=["period", "category", "times", "product"], name="shipping_issue_of_category"),
                    *(
                        models.Index(condition=TWICE, fields=["period", field, "product", "times"], name=name)
                        for field, name in (
                            ("sku", "shipping_issue_by_sku_2"),
                            ("vendor_name", "shipping_issue_by_vendor_2"),
                            ("vendor_number", "shipping_issue_by_number_2"),
                            ("units", "shipping_issue_by_units_2"),
                            ("value", "shipping_issue_by_value_2"),
                            ("last_at", "shipping_issue_by_time_2"),
                        )
                    ),
                ]
            },
        ),
        migrations.RunSQL(BUILD, BUILD),
    ]
