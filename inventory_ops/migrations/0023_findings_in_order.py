"""Findings in the order that lists can be sorted by: first seen, state, and of each owner. Carts counted by indexes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0022_stock_by_category"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="finding",
            name="finding_assigned",
        ),
        migrations.RemoveIndex(
            model_name="order",
            name="order_cart_activity",
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=["report", "first_seen_at", "row_id"],
                name="finding_by_age",
            ),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=["report", "state", "row_id"],
                name="finding_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(models.Q(("state", "resolved"), _negated=True), ("assignee__isnull", False)),
                fields=["assignee", "report", "row_id"],
                name="finding_of_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", 1)),
                fields=["last_activity_at", "id"],
                include=("store",),
                name="order_cart_activity",
            ),
        ),
        migrations.AddIndex(
            model_name="orderitem",
            index=models.Index(condition=models.Q(("status", 1)), fields=["order"], name="order_item_in_cart"),
        ),
    ]
