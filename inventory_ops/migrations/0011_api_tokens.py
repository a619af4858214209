"""Tokens of the JSON API."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from inventory_ops.kit.db.sql_files import ApplySql

SCOPES = [
    ("read", "Read lists, findings, trackers and stock"),
    ("findings", "Work on findings"),
    ("trackers", "Make, change and delete trackers"),
    ("stock", "Adjust and count stock"),
]
USER = settings.AUTH_USER_MODEL
KNOWN = models.Q(
    ("scopes__contained_by", ["read", "findings", "trackers", "stock"]), models.Q(("scopes", []), _negated=True)
)


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0010_places")]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("digest", models.BinaryField(unique=True)),
                ("hint", models.CharField(max_length=4, verbose_name="ends with")),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=SCOPES, max_length=20), verbose_name="scopes"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="made at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                (
                    "made_by",
                    models.ForeignKey(
                        USER, models.SET_NULL, null=True, related_name="+", help_text="Empty: the command line."
                    ),
                ),
                ("user", models.ForeignKey(USER, models.CASCADE, related_name="api_tokens")),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "constraints": [
                    models.CheckConstraint(condition=KNOWN, name="api_token_scopes_are_known"),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))), name="api_token_expires_later"
                    ),
                ],
            },
        ),
        ApplySql("inventory_ops", "api_tokens", "fbfcb783e3b88fb7"),
    ]
