"""One row an order item that is unique whatever month it lies in; what is there is filled in by the next migration."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from inventory_ops.kit.db.sql_files import ApplySql


def to(model: str, **options: object) -> models.ForeignKey:  # type: ignore[type-arg]
    nothing = django.db.models.deletion.DO_NOTHING
    return models.ForeignKey(db_constraint=False, on_delete=nothing, related_name="+", to=model, **options)  # type: ignore[arg-type]


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0030_triggers_of_large_loads")]

    operations = [
        migrations.CreateModel(
            name="OrderItemKey",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("order", to("inventory_ops.order")),
                ("product", to("inventory_ops.product", db_index=False)),
                ("store", to("inventory_ops.store", db_index=False, null=True)),
                ("shop_item_id", models.CharField(max_length=100)),
                ("ordered_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop_item_id", "store"),
                        name="order_item_key_is_unique_in_its_store",
                        nulls_distinct=False,
                    )
                ]
            },
        ),
        ApplySql("inventory_ops", "order_keys", "e385237fa5f83860"),
    ]
