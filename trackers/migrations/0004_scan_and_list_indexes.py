"""What the list is sorted and filtered by, with the worst first of each."""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0011_list_indexes_2"),
        ("trackers", "0003_list_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="tracker",
            name="tracker_by_mechanism",
        ),
        migrations.RemoveIndex(
            model_name="tracker",
            name="tracker_by_state",
        ),
        migrations.RemoveIndex(
            model_name="tracker",
            name="tracker_by_health",
        ),
        migrations.AlterField(
            model_name="tracker",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.AddIndex(
            model_name="tracker",
            index=models.Index(fields=["mechanism", "severity", "id"], name="tracker_worst_of_mechanism"),
        ),
        migrations.AddIndex(
            model_name="tracker",
            index=models.Index(fields=["state", "severity", "id"], name="tracker_worst_of_state"),
        ),
        migrations.AddIndex(
            model_name="tracker",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("value", models.Value(0)),
                models.F("id"),
                name="tracker_by_value",
            ),
        ),
        migrations.AddIndex(
            model_name="tracker",
            index=models.Index(
                condition=models.Q(("is_enabled", False)), fields=["severity", "id"], name="tracker_disabled"
            ),
        ),
    ]
