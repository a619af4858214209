"""Keys of the order items that were there before. In batches: broken off, it goes on where it stopped."""

from __future__ import annotations

from typing import Any

from django.db import migrations, transaction

BATCH = 10_000


def fill(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(min(i.id), 0) from inventory_ops_orderitem i"
            " where not exists (select from inventory_ops_orderitemkey k where k.id = i.id)"
        )
        at = cursor.fetchone()[0] - 1
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            # locked first: who deletes or changes one of them meanwhile waits until its key is there
            cursor.execute(
                "select max(id) from (select id from inventory_ops_orderitem where id > %s order by id limit %s"
                " for share) x",
                [at, BATCH],
            )
            last = cursor.fetchone()[0]
            if last is None:
                return
            cursor.execute(
                """
                insert into inventory_ops_orderitemkey (id, order_id, product_id, store_id, shop_item_id, ordered_at)
                select i.id, i.order_id, i.product_id, i.store_id, i.shop_item_id, i.ordered_at
                from inventory_ops_orderitem i where i.id > %s and i.id <= %s
                and not exists (select from inventory_ops_orderitemkey k where k.id = i.id)
                """,
                [at, last],
            )
            at = last


class Migration(migrations.Migration):
    atomic = False  # each batch is a transaction of its own

    dependencies = [("inventory_ops", "0031_order_item_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]  # the keys go with their table
