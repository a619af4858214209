"""The functions and triggers of this app, each from its file in `lost_damaged/sql/`."""

from __future__ import annotations

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

UIDS = "create index write_off_by_uid_core on lost_damaged_writeoff (product_id, lost_damaged_uid_core(uid_key))"


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0003_structure"), ("inventory_ops", "0004_triggers")]

    operations = [
        ApplySql("lost_damaged", "numbers", "a46698b57335e3b8"),
        ApplySql("lost_damaged", "uids", "074e5c7ec63c2a13"),
        ApplySql("lost_damaged", "currency", "f58ef628996ccff9"),
        ApplySql("lost_damaged", "statements", "5a40b756061a8869"),
        ApplySql("lost_damaged", "journal", "6aef7998d2fa82c3"),
        ApplySql("lost_damaged", "write_offs_by_hour", "70e1c91e43f2dce6"),
        ApplySql("lost_damaged", "append_only", "c702ae0082846d89"),
        ApplySql("lost_damaged", "api_keys", "d6a8547cd5009117"),
        migrations.RunSQL(UIDS, "drop index write_off_by_uid_core"),
    ]
