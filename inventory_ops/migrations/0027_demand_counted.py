"""Products without orders counted by an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0026_carts_of_channels"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="productdemand",
            index=models.Index(
                fields=["product"], include=("first_ordered_at", "last_ordered_at"), name="product_demand_counted"
            ),
        ),
    ]
