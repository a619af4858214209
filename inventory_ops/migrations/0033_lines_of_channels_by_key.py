"""Lines of channels refer to the key of an order item; when it goes, the database itself sets them to null."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

BY_KEY = """
alter table inventory_ops_channelorderline add constraint channelorderline_item foreign key (item_id)
    references inventory_ops_orderitemkey (id) on delete set null deferrable initially deferred;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0032_keys_of_order_items")]

    operations = [
        migrations.AlterField(
            model_name="channelorderline",
            name="item",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="inventory_ops.orderitemkey",
            ),
        ),
        migrations.RunSQL(BY_KEY, "alter table inventory_ops_channelorderline drop constraint channelorderline_item"),
    ]
