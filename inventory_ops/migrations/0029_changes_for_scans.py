"""Scans of products without orders and of carts read what changed since the last one, as triggers note it."""

from django.db import migrations, models

from inventory_ops.kit.db.sql_files import ApplySql


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0028_audit_chain"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportScan",
            fields=[
                ("report", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField()),
                ("whole_on", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="ScanChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=50)),
                ("key", models.BigIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("until__isnull", False)), fields=["report", "until"], name="finding_to_wake"
            ),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("value__gt", models.F("snoozed_value"))),
                fields=["report"],
                name="finding_got_worse",
            ),
        ),
        migrations.AddIndex(
            model_name="scanchange",
            index=models.Index(fields=["report", "key"], name="scan_change_of_report"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("recovered_at__isnull", False), ("recovered_by__isnull", True), ("status", 1)),
                fields=["id"],
                name="order_recovered_by_none",
            ),
        ),
        ApplySql("inventory_ops", "scan_notes", "0ac7d9e3891ff1b9"),
    ]
