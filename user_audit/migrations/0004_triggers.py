"""The functions and triggers of this app, each from its file in `user_audit/sql/`."""

from __future__ import annotations

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql


class Migration(migrations.Migration):
    dependencies = [("user_audit", "0003_structure"), ("inventory_ops", "0004_triggers")]

    operations = [
        ApplySql("user_audit", "append_only", "6193c30930556336"),
        ApplySql("user_audit", "identity_view", "6b232be42d1c5c05"),
    ]
