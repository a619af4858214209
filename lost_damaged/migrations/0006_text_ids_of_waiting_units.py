"""Ids of order items are texts, in units that wait as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lost_damaged", "0005_text_item_ids"),
    ]

    operations = [
        migrations.AlterField(
            model_name="waitingunit",
            name="shop_item_id",
            field=models.CharField(blank=True, max_length=100, null=True),
        ),
    ]
