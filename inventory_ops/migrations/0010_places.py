"""Locations and inventory types can be retired."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


def in_use(model: str, name: str, codes: list[str]) -> list[migrations.operations.base.Operation]:
    field = models.BooleanField(db_default=True, default=True, verbose_name="in use")
    condition = Q(("is_active", True), ~Q(code__in=codes), _connector="OR")
    return [
        migrations.AddField(model, "is_active", field),
        migrations.AddConstraint(model, models.CheckConstraint(condition=condition, name=name)),
    ]


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0009_profiles")]

    operations = [
        *in_use("location", "location_needed_is_in_use", ["MAIN"]),
        *in_use("inventorytype", "inventory_type_needed_is_in_use", ["good", "defective"]),
    ]
