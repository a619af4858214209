"""The functions and triggers of this app, each from its file in `inventory_ops/sql/`."""

from __future__ import annotations

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

# this month, and enough ahead that a server whose beat is down for a season still finds its partitions
PARTITIONS = """
select inventory_ops_make_ledger_partition((date_trunc('month', now()) + n * interval '1 month')::date)
from generate_series(0, 6) n
"""


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0003_structure"), ("account", "0009_emailaddress_unique_primary_email")]

    operations = [
        ApplySql("inventory_ops", "append_only", "a66e901a02af6060"),
        ApplySql("inventory_ops", "ledger", "3367325cd06f3912"),
        ApplySql("inventory_ops", "audit_chain", "1e66968cc50ea13e"),
        ApplySql("inventory_ops", "finding_totals", "890a856b768f0409"),
        ApplySql("inventory_ops", "stock_totals", "dbbce3a34255d8c2"),
        ApplySql("inventory_ops", "demand", "a059c26849633893"),
        ApplySql("inventory_ops", "watched_products", "f66d6847a0338c39"),
        ApplySql("inventory_ops", "product_statistics", "440564b2c7151797"),
        ApplySql("inventory_ops", "issue_notes", "0fb80e58efffb209"),
        ApplySql("inventory_ops", "channel_notes", "70dc83f18964b908"),
        ApplySql("inventory_ops", "accounts", "bc0dc23c1f855cc2"),
        migrations.RunSQL(PARTITIONS, migrations.RunSQL.noop),
    ]
