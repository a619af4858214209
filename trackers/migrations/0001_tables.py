"""The tables of this app, in the order in which they refer to each other."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("inventory_ops", "0002_constraints"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tracker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mechanism",
                    models.CharField(
                        choices=[
                            ("stock_quantity", "Stock quantity"),
                            ("turnover_days", "Turnover days"),
                            ("stalled_days", "Stalled days"),
                        ],
                        max_length=20,
                        verbose_name="mechanism",
                    ),
                ),
                ("quantity", models.PositiveIntegerField(blank=True, null=True, verbose_name="quantity")),
                (
                    "lookback_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="lookback days"),
                ),
                (
                    "coverage_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="coverage days"),
                ),
                ("expiry_days", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="expiry days")),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("snoozed_until", models.DateTimeField(blank=True, null=True, verbose_name="snoozed until")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("value", models.BigIntegerField(editable=False, null=True, verbose_name="current stock")),
                (
                    "threshold",
                    models.DecimalField(
                        decimal_places=4, editable=False, max_digits=24, null=True, verbose_name="alert threshold"
                    ),
                ),
                ("health", models.BigIntegerField(default=0, editable=False, verbose_name="health")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("healthy", "Healthy"),
                            ("low", "Low"),
                            ("critical", "Critical"),
                            ("no_sales", "No sales"),
                            ("stock_out", "Out of stock"),
                            ("no_data", "No data"),
                        ],
                        default="no_data",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "severity",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(state__in=["no_sales", "no_data"], then=models.Value(10000)),
                            default=models.F("health"),
                            output_field=models.BigIntegerField(),
                        ),
                        help_text="Health, but rules that say nothing come after those below target.",
                        output_field=models.BigIntegerField(),
                    ),
                ),
                ("sold", models.BigIntegerField(default=0, editable=False)),
                ("actual_days", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "not_counted",
                    models.BigIntegerField(default=0, editable=False, help_text="Units left out by their expiry."),
                ),
                ("evaluated_at", models.DateTimeField(editable=False, null=True, verbose_name="checked at")),
                ("alerted_state", models.CharField(blank=True, default="", editable=False, max_length=10)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "inventory_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.inventorytype",
                        verbose_name="inventory type",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trackers",
                        to="inventory_ops.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "tracker",
                "verbose_name_plural": "trackers",
            },
        ),
        migrations.CreateModel(
            name="TrackerEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor", models.CharField(blank=True, default="", max_length=254)),
                ("kind", models.CharField(max_length=20)),
                ("text", models.CharField(blank=True, default="", max_length=300)),
                ("health", models.BigIntegerField(null=True)),
                (
                    "tracker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="trackers.tracker"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrackerDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("value", models.BigIntegerField(null=True)),
                ("threshold", models.DecimalField(decimal_places=4, max_digits=24, null=True)),
                ("health", models.BigIntegerField()),
                ("state", models.CharField(max_length=10)),
                (
                    "tracker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="trackers.tracker",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="KeptRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ProductDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "product_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("sold", models.BigIntegerField(default=0)),
                ("shipped", models.BigIntegerField(default=0)),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProductFirst",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("first_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ProductFirstStock",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("first_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DirtyPair",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("product_id", models.BigIntegerField()),
                ("inventory_type_id", models.BigIntegerField()),
            ],
        ),
    ]
