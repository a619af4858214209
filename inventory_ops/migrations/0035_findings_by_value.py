"""The overview names the largest amount of each currency, and carts are found by what their card said, by indexes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0034_months_of_order_items"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                models.F("report"),
                models.F("currency"),
                models.OrderBy(models.F("value"), descending=True),
                models.F("id"),
                condition=models.Q(("state", "open"), ("value__gt", 0)),
                name="finding_by_value",
            ),
        ),
        migrations.AddIndex(
            model_name="paymentattempt",
            index=models.Index(
                condition=models.Q(("succeeded", False)), fields=["code"], name="payment_failed_by_code"
            ),
        ),
        migrations.AddIndex(
            model_name="paymentattempt",
            index=models.Index(
                condition=models.Q(("succeeded", False)), fields=["message"], name="payment_failed_by_message"
            ),
        ),
    ]
