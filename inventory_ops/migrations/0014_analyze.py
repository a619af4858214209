"""Statistics of the planner for what 0009 to 0013 index: those of expressions are made by ANALYZE alone, which nothing
starts by itself on a database that was full before. On an empty one it costs nothing."""

from django.db import migrations

TABLES = (
    "inventory_ops_product",
    "inventory_ops_productstock",
    "inventory_ops_productdemand",
    "inventory_ops_stocktotal",
    "inventory_ops_order",
    "inventory_ops_orderitem",
    "inventory_ops_inventoryevent",
)


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0013_finding_totals")]

    operations = [migrations.RunSQL(f"analyze {', '.join(TABLES)}", migrations.RunSQL.noop)]
