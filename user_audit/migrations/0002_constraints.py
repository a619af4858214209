"""The rules and indexes of this app's tables that models state."""

import django.db.models.functions.text
from django.db import migrations, models

from inventory_ops.kit.db.additions import AddAll


class Migration(migrations.Migration):
    dependencies = [
        ("user_audit", "0001_tables"),
    ]

    operations = [
        AddAll(
            [
                migrations.AddConstraint(
                    model_name="ActionJob",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="nobody_approves_their_own_request",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ActionJob",
                    index=models.Index(fields=["-requested_at"], name="action_job_newest"),
                ),
                migrations.AddConstraint(
                    model_name="ActionItem",
                    constraint=models.UniqueConstraint(fields=("job", "subject"), name="one_item_per_subject"),
                ),
                migrations.AddIndex(
                    model_name="ActionItem",
                    index=models.Index(
                        condition=models.Q(("state__in", ["waiting", "running", "scheduled"])),
                        fields=["job", "id"],
                        name="action_item_open",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ActionItem",
                    index=models.Index(fields=["user_id"], name="action_item_user"),
                ),
                migrations.AddIndex(
                    model_name="ActionItem",
                    index=models.Index(fields=["iam_user_id"], name="action_item_iam_user"),
                ),
                migrations.AddIndex(
                    model_name="IamScan",
                    index=models.Index(fields=["account", "-finished_at"], name="scan_of_account"),
                ),
                migrations.AddConstraint(
                    model_name="IamUser",
                    constraint=models.UniqueConstraint(fields=("account", "iam_id"), name="iam_user_id_is_unique"),
                ),
                migrations.AddConstraint(
                    model_name="IamUser",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("link", ""), ("user__isnull", True)),
                            models.Q(("link", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="iam_user_link_has_a_user",
                    ),
                ),
                migrations.AddIndex(
                    model_name="IamUser",
                    index=models.Index(django.db.models.functions.text.Lower("email"), name="iam_user_email"),
                ),
                migrations.AddIndex(
                    model_name="IamUser",
                    index=models.Index(
                        models.F("account"), django.db.models.functions.text.Lower("user_name"), name="iam_user_name"
                    ),
                ),
                migrations.AddIndex(
                    model_name="IamUser",
                    index=models.Index(fields=["user"], name="iam_user_of_user"),
                ),
                migrations.AddConstraint(
                    model_name="DisableRecord",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("iam_user",), name="one_open_disable_record"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="DisableRecord",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("state", "open"), ("closed_at__isnull", False), _connector="OR"),
                        name="disable_record_closed_has_a_time",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Protection",
                    constraint=models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="protection_email_is_unique"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="DeletedUser",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("email_digest", ""), _negated=True), name="deleted_user_has_a_digest"
                    ),
                ),
            ]
        ),
    ]
