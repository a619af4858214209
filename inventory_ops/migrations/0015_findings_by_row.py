"""The finding of a row by the row's own id, and findings of a state or of a day, each by an index."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0014_analyze")]

    operations = [
        migrations.RemoveIndex(model_name="finding", name="finding_unresolved"),
        migrations.AddField(
            model_name="finding",
            name="row_id",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        key__regex="^[0-9]{1,18}$",
                        then=django.db.models.functions.comparison.Cast("key", models.BigIntegerField()),
                    )
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=["report", "state", "merchant"],
                name="finding_of_state",
            ),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["report", "row_id"], include=("state",), name="finding_of_row"),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["report", "opened_at"], name="finding_by_opening"),
        ),
        migrations.RunSQL("analyze inventory_ops_finding", migrations.RunSQL.noop),
    ]
