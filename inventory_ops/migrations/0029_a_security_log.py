"""The security log is read newest first without the rest of the audit log."""

from __future__ import annotations

from django.db import migrations, models

SUBJECTS = ("security", "api_key", "factor", "finance_settings", "user_audit", "price_guard")


def of_security() -> models.Q:
    condition = models.Q()
    for subject in SUBJECTS:
        condition |= models.Q(("action__startswith", f"{subject}."))
    return condition


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0028_a_identity")]

    operations = [
        migrations.AddIndex(
            "auditevent", models.Index(fields=["-id"], name="audit_of_security", condition=of_security())
        ),
    ]
