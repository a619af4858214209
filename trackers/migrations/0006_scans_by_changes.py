"""The health scan evaluates what changed; stock that goes and days that are known from earlier on are changes, too."""

from django.db import migrations, models

from inventory_ops.kit.db.sql_files import ApplySql

BEFORE = """
drop trigger trackers_delete on inventory_ops_stockbalance;
drop trigger trackers_moved on inventory_ops_stockbalance;
drop trigger trackers_first on trackers_productfirst;
drop trigger trackers_first on trackers_productfirststock;
drop function trackers_on_lost_stock();
drop function trackers_on_first();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0029_changes_for_scans"),
        ("trackers", "0005_parameters_of_mechanisms"),
    ]

    operations = [
        migrations.CreateModel(
            name="HealthScan",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField()),
                ("whole_on", models.DateField()),
            ],
        ),
        migrations.AddIndex(
            model_name="tracker",
            index=models.Index(
                condition=models.Q(("snoozed_until__isnull", False)), fields=["snoozed_until"], name="tracker_asleep"
            ),
        ),
        migrations.AddConstraint(
            model_name="healthscan",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="health_scan_is_one"),
        ),
        ApplySql("trackers", "dirty_pairs", "cf88f4adeed8ee9e", before=BEFORE),
    ]
