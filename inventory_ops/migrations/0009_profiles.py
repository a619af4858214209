"""A person's zone, language and formats."""

from __future__ import annotations

from django.db import migrations, models

import inventory_ops.models.merchants
from inventory_ops.kit.db.additions import AddAll


def text(most: int, name: str, **options: object) -> models.CharField:
    return models.CharField(blank=True, db_default="", default="", max_length=most, verbose_name=name, **options)


ZONE = text(64, "time zone", validators=[inventory_ops.models.merchants.validate_timezone])
DATES = models.Q(date_format__in=["", "d_mon_y", "dd_mm_y", "dots", "mm_dd_y", "iso"])
NUMBERS = models.Q(number_format__in=["", "comma", "dot", "space", "apostrophe"])


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0008_last_administrator")]

    operations = [
        AddAll(
            [
                migrations.AddField("user", "date_format", text(10, "date format")),
                migrations.AddField("user", "language", text(10, "language")),
                migrations.AddField("user", "number_format", text(10, "number format")),
                migrations.AddField("user", "time_zone", ZONE),
                migrations.AddConstraint(
                    "user", models.CheckConstraint(condition=DATES, name="user_date_format_is_known")
                ),
                migrations.AddConstraint(
                    "user", models.CheckConstraint(condition=NUMBERS, name="user_number_format_is_known")
                ),
            ]
        ),
    ]
