from django.db import migrations, models

import inventory_ops.models.merchants


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0006_import_mappings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Shop",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, verbose_name="shop name")),
                (
                    "timezone",
                    models.CharField(
                        max_length=64,
                        validators=[inventory_ops.models.merchants.validate_timezone],
                        verbose_name="time zone",
                    ),
                ),
                ("currency", models.CharField(help_text="ISO 4217 code.", max_length=3, verbose_name="currency")),
            ],
            options={
                "verbose_name": "shop",
                "verbose_name_plural": "shops",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="shop_is_one_row"),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="shop_name_is_given"),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="shop_currency_is_a_code"
                    ),
                ],
            },
        ),
    ]
