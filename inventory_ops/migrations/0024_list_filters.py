"""Filters of large lists: products without a cost in the orders of their list; and the rows of shipping issues as
what bounds those of any days."""

from django.db import migrations, models

WITHOUT_COST = models.Q(("cost__isnull", True))


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0023_findings_in_order"),
    ]

    operations = [
        migrations.AddIndex(
            "product", models.Index(condition=WITHOUT_COST, fields=["id"], name="product_without_cost_by_id")
        ),
        migrations.AddIndex(
            "product", models.Index(condition=WITHOUT_COST, fields=["sku", "id"], name="product_without_cost_by_sku")
        ),
        migrations.CreateModel(
            name="ShippingCandidate",
            fields=[
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "period", "product_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("period", models.CharField(blank=True, max_length=4)),
                ("most_times", models.BigIntegerField(db_column="times")),
            ],
            options={"db_table": "inventory_ops_shippingissue", "managed": False},
        ),
    ]
