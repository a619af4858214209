"""The rules and indexes of this app's tables that models state."""

import django.db.models.functions.comparison
from django.db import migrations, models

from inventory_ops.kit.db.additions import AddAll


class Migration(migrations.Migration):
    dependencies = [
        ("trackers", "0001_tables"),
    ]

    operations = [
        AddAll(
            [
                migrations.AddConstraint(
                    model_name="Tracker",
                    constraint=models.UniqueConstraint(
                        fields=("product", "inventory_type", "mechanism"), name="tracker_is_one_per_rule"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Tracker",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("coverage_days__isnull", True),
                                ("lookback_days__isnull", True),
                                ("mechanism", "stock_quantity"),
                                ("quantity__gte", 1),
                                ("quantity__isnull", False),
                            ),
                            models.Q(
                                ("coverage_days__isnull", False),
                                ("coverage_days__range", (1, 3660)),
                                ("lookback_days__isnull", False),
                                ("lookback_days__range", (1, 3660)),
                                ("mechanism", "turnover_days"),
                                ("quantity__isnull", True),
                            ),
                            models.Q(
                                ("coverage_days__isnull", True),
                                ("expiry_days__isnull", True),
                                ("lookback_days__isnull", False),
                                ("lookback_days__range", (1, 3660)),
                                ("mechanism", "stalled_days"),
                                ("quantity__gte", 1),
                                ("quantity__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="tracker_has_the_parameters_of_its_mechanism",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Tracker",
                    index=models.Index(fields=["severity", "id"], name="tracker_by_severity"),
                ),
                migrations.AddIndex(
                    model_name="Tracker",
                    index=models.Index(fields=["merchant", "severity", "id"], name="tracker_of_merchant"),
                ),
                migrations.AddIndex(
                    model_name="Tracker",
                    index=models.Index(fields=["mechanism", "severity", "id"], name="tracker_worst_of_mechanism"),
                ),
                migrations.AddIndex(
                    model_name="Tracker",
                    index=models.Index(fields=["state", "severity", "id"], name="tracker_worst_of_state"),
                ),
                migrations.AddIndex(
                    model_name="Tracker",
                    index=models.Index(
                        django.db.models.functions.comparison.Coalesce("value", models.Value(0)),
                        models.F("id"),
                        name="tracker_by_value",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Tracker",
                    index=models.Index(
                        condition=models.Q(("is_enabled", False)), fields=["severity", "id"], name="tracker_disabled"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Tracker",
                    index=models.Index(
                        condition=models.Q(("evaluated_at__isnull", True)), fields=["id"], name="tracker_not_evaluated"
                    ),
                ),
                migrations.AddIndex(
                    model_name="TrackerEvent",
                    index=models.Index(fields=["tracker", "-at"], name="tracker_event_newest"),
                ),
                migrations.AddConstraint(
                    model_name="TrackerDay",
                    constraint=models.UniqueConstraint(fields=("tracker", "day"), name="tracker_day_is_one"),
                ),
                migrations.AddConstraint(
                    model_name="KeptRange",
                    constraint=models.UniqueConstraint(
                        fields=("day", "first", "last"), name="tracker_range_is_kept_once_a_day"
                    ),
                ),
            ]
        ),
    ]
