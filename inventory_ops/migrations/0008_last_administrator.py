"""The database keeps one administrator who can sign in."""

from __future__ import annotations

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

# what the file held before is unchanged, so that the way back only takes away what is new
BEFORE = """
drop trigger if exists keep_administrator on inventory_ops_user;
drop function if exists inventory_ops_keep_administrator();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0007_shop")]

    operations = [ApplySql("inventory_ops", "accounts", "5317dac242d2b4d1", before=BEFORE)]
