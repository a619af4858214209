"""Indexes that every sort and filter of a list needs, and none that no list asks for."""

import datetime

import django.contrib.postgres.indexes
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

LEDGER = """
-- What the filters of the Events Ledger ask for, newest first: without them a kind, source, reason, actor or reference
-- that there is none of is looked for in every event. The vendor's replaces that by id, which no list is ordered by.
create index inventory_event_newest_of_merchant on inventory_ops_inventoryevent (merchant_id, recorded_at, id);
create index inventory_event_newest_of_kind on inventory_ops_inventoryevent (kind, recorded_at, id);
create index inventory_event_newest_of_source on inventory_ops_inventoryevent (source, recorded_at, id);
create index inventory_event_newest_of_reason on inventory_ops_inventoryevent (reason, recorded_at, id)
    where reason <> '';
create index inventory_event_of_actor on inventory_ops_inventoryevent (upper(actor) text_pattern_ops, recorded_at, id)
    where actor <> '';
create index inventory_event_of_reference on inventory_ops_inventoryevent (upper(reference), recorded_at, id)
    where reference <> '';
drop index inventory_event_of_merchant;
"""

BACK = """
create index inventory_event_of_merchant on inventory_ops_inventoryevent (merchant_id, id desc);
drop index inventory_event_newest_of_merchant, inventory_event_newest_of_kind, inventory_event_newest_of_source,
    inventory_event_newest_of_reason, inventory_event_of_actor, inventory_event_of_reference;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0010_issue_tables"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="order",
            name="order_cart_promo",
        ),
        migrations.RemoveIndex(
            model_name="product",
            name="product_search",
        ),
        migrations.RemoveIndex(
            model_name="productdemand",
            name="product_demand_by_last",
        ),
        migrations.RemoveIndex(
            model_name="productdemand",
            name="product_demand_by_last_d",
        ),
        migrations.RemoveIndex(
            model_name="stocktotal",
            name="stock_total_by_allocated",
        ),
        migrations.RemoveIndex(
            model_name="stocktotal",
            name="stock_total_by_expiry",
        ),
        migrations.RemoveIndex(
            model_name="stocktotal",
            name="stock_total_by_expiry_d",
        ),
        migrations.AddIndex(
            model_name="merchant",
            index=models.Index(fields=["name", "id"], name="merchant_by_name"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(condition=models.Q(("status", 1)), fields=["number", "id"], name="order_cart_number"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                django.db.models.functions.text.Upper("promo_code"),
                models.F("last_activity_at"),
                models.F("id"),
                condition=models.Q(("status", 1), models.Q(("promo_code", ""), _negated=True)),
                name="order_cart_of_promo",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", 1), models.Q(("comment", ""), _negated=True)),
                fields=["last_activity_at", "id"],
                name="order_cart_comment",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("customer_email", ""), ("status", 1)),
                fields=["last_activity_at", "id"],
                name="order_cart_unreachable",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper(
                        django.db.models.functions.text.Concat(
                            "number",
                            models.Value(" "),
                            "promo_code",
                            models.Value(" "),
                            "comment",
                            output_field=models.TextField(),
                        )
                    ),
                    "gin_trgm_ops",
                ),
                condition=models.Q(("status", 1)),
                name="order_cart_search",
            ),
        ),
        migrations.AddIndex(
            model_name="orderitem",
            index=models.Index(
                condition=models.Q(("status", 1)), fields=["merchant", "order"], name="order_item_of_cart"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("merchant"),
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper(
                        django.db.models.functions.text.Concat(
                            "sku", models.Value(" "), "name", models.Value(" "), "vendor_sku"
                        )
                    ),
                    "gin_trgm_ops",
                ),
                name="product_search",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("brand_name"), "gin_trgm_ops"
                ),
                name="product_search_brand",
            ),
        ),
        migrations.AddIndex(
            model_name="productdemand",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "last_ordered_at", models.Value(datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC))
                ),
                models.F("product"),
                name="product_demand_by_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="productstock",
            index=models.Index(
                condition=models.Q(("available__lte", 0)), fields=["value", "product"], name="product_stock_empty"
            ),
        ),
        migrations.AddIndex(
            model_name="stocktotal",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "nearest_expiry", models.Value(datetime.date(9999, 12, 31))
                ),
                models.F("product"),
                models.F("inventory_type"),
                name="stock_total_by_nearest",
            ),
        ),
        migrations.RunSQL(LEDGER, BACK),
    ]
