"""The functions and triggers of this app, each from its file in `trackers/sql/`."""

from __future__ import annotations

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql


class Migration(migrations.Migration):
    dependencies = [("trackers", "0003_structure"), ("inventory_ops", "0004_triggers")]

    operations = [
        ApplySql("trackers", "daily_sales", "4d60b5585f1ce593"),
        ApplySql("trackers", "dirty_pairs", "a23faea04772096e"),
    ]
