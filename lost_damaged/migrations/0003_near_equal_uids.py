"""An index that finds UIDs which differ in separators and leading zeros only."""

from __future__ import annotations

from django.db import migrations

CORE = """
create function lost_damaged_uid_core(uid_key text) returns text language sql immutable parallel safe
    return ltrim(regexp_replace(uid_key, '[^A-Z0-9]', '', 'g'), '0');
create index write_off_by_uid_core on lost_damaged_writeoff (product_id, lost_damaged_uid_core(uid_key));
"""
CORE_BACK = "drop index write_off_by_uid_core; drop function lost_damaged_uid_core"


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0002_guards")]

    operations = [migrations.RunSQL(CORE, CORE_BACK)]
