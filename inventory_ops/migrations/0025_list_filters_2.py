"""More filters of large lists: events of a rare inventory type; orders with cost issues by a text."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper

# the ledger is not managed by Django: it is partitioned
OF_TYPE = (
    "create index inventory_event_newest_of_type on inventory_ops_inventoryevent (inventory_type_id, recorded_at, id)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0024_list_filters"),
    ]

    operations = [
        migrations.AddIndex(
            "ordercostissue",
            GinIndex(
                OpClass(Upper("order_number"), name="gin_trgm_ops"),
                OpClass(Upper("sku"), name="gin_trgm_ops"),
                OpClass(Upper("vendor_name"), name="gin_trgm_ops"),
                name="order_cost_issue_search",
            ),
        ),
        migrations.RunSQL(OF_TYPE, "drop index inventory_event_newest_of_type"),
    ]
