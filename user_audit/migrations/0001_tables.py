"""The tables of this app, in the order in which they refer to each other."""

import uuid

import django.contrib.postgres.fields
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
            name="ActionJob",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("disable-aws", "Disable in AWS"),
                            ("enable-aws", "Enable in AWS"),
                            ("delete-aws", "Delete from AWS"),
                            ("disable-db", "Disable in Database"),
                            ("enable-db", "Enable in Database"),
                            ("delete-db", "Delete from Database"),
                            ("delete-both", "Delete from AWS and DB"),
                        ],
                        max_length=20,
                        verbose_name="action",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("awaiting", "Awaiting approval"),
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("rejected", "Rejected"),
                            ("expired", "Approval expired"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("waive_grace", models.BooleanField(default=False, verbose_name="without the grace time")),
                ("plan_hash", models.CharField(max_length=64)),
                ("idempotency_key", models.CharField(max_length=64, unique=True)),
                ("message", models.TextField(blank=True, default="", verbose_name="message")),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="requested at")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "user action",
                "verbose_name_plural": "user actions",
            },
        ),
        migrations.CreateModel(
            name="ActionItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=300, verbose_name="identity")),
                ("label", models.CharField(max_length=254, verbose_name="user")),
                ("user_id", models.BigIntegerField(blank=True, null=True)),
                ("iam_user_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("scheduled", "Waiting for the end of the grace time"),
                            ("done", "Done"),
                            ("noop", "Nothing to do"),
                            ("partial", "Partly done"),
                            ("refused", "Refused"),
                            ("retry", "Failed, can be retried"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("message", models.TextField(blank=True, default="", verbose_name="message")),
                ("request_ids", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("not_before", models.DateTimeField(blank=True, null=True, verbose_name="not before")),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="user_audit.actionjob"
                    ),
                ),
            ],
            options={
                "verbose_name": "user of an action",
                "verbose_name_plural": "users of an action",
            },
        ),
        migrations.CreateModel(
            name="ActionStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("step", models.CharField(max_length=40)),
                ("target", models.CharField(max_length=2100)),
                ("result", models.TextField(blank=True, default="", help_text="Empty: about to be tried.")),
                ("request_id", models.CharField(blank=True, default="", max_length=128)),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="user_audit.actionitem"
                    ),
                ),
            ],
            options={
                "verbose_name": "step of an action",
                "verbose_name_plural": "steps of an action",
            },
        ),
        migrations.CreateModel(
            name="IamAccount",
            fields=[
                (
                    "account_id",
                    models.CharField(max_length=12, primary_key=True, serialize=False, verbose_name="account id"),
                ),
                ("alias", models.CharField(blank=True, default="", max_length=63, verbose_name="alias")),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "own_arns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, help_text="The identities that sign our calls."
                    ),
                ),
            ],
            options={
                "verbose_name": "AWS account",
                "verbose_name_plural": "AWS accounts",
            },
        ),
        migrations.CreateModel(
            name="IamScan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("complete", "Complete"),
                            ("held", "Held"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                (
                    "report_generated_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="credential report of"),
                ),
                ("user_count", models.PositiveIntegerField(blank=True, null=True, verbose_name="users")),
                ("message", models.TextField(blank=True, default="", verbose_name="message")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scans", to="user_audit.iamaccount"
                    ),
                ),
            ],
            options={
                "verbose_name": "IAM scan",
                "verbose_name_plural": "IAM scans",
            },
        ),
        migrations.CreateModel(
            name="IamUser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("iam_id", models.CharField(max_length=128, verbose_name="UserId")),
                ("user_name", models.CharField(max_length=64, verbose_name="user name")),
                ("arn", models.CharField(max_length=2048, verbose_name="ARN")),
                ("path", models.CharField(default="/", max_length=512, verbose_name="path")),
                ("created_at", models.DateTimeField(verbose_name="created in AWS at")),
                (
                    "email",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="From the tag `email`, else the user name.",
                        max_length=254,
                        verbose_name="e-mail",
                    ),
                ),
                ("email_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("tags", models.JSONField(default=dict)),
                ("groups", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list)),
                ("policies", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list)),
                (
                    "inline_policies",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list),
                ),
                ("boundary", models.CharField(blank=True, default="", max_length=2048)),
                (
                    "deny",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("managed", "AWSDenyAll"),
                            ("group", "AWSDenyAll through a group"),
                            ("inline", "Inline policy"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="deny",
                    ),
                ),
                ("is_admin", models.BooleanField(default=False, verbose_name="AWS admin")),
                ("is_quarantined", models.BooleanField(default=False, verbose_name="quarantined")),
                (
                    "protected_because",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="protected because"),
                ),
                ("credentials_known", models.BooleanField(default=False)),
                (
                    "credentials_at",
                    models.DateTimeField(blank=True, help_text="The moment these facts are of.", null=True),
                ),
                ("has_password", models.BooleanField(default=False, verbose_name="console password")),
                ("has_mfa", models.BooleanField(default=False, verbose_name="MFA")),
                (
                    "password_last_used_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="password last used"),
                ),
                ("active_key_count", models.PositiveSmallIntegerField(default=0)),
                (
                    "active_other_count",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="SSH keys, certificates and service credentials that are active."
                    ),
                ),
                ("oldest_key_at", models.DateTimeField(blank=True, help_text="Of the active keys.", null=True)),
                ("key_last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "link",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "No platform user"),
                            ("matched", "Matched by e-mail"),
                            ("confirmed", "Confirmed"),
                            ("ambiguous", "Ambiguous"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="link",
                    ),
                ),
                (
                    "recreated",
                    models.BooleanField(default=False, help_text="The name belonged to another UserId before."),
                ),
                ("read_at", models.DateTimeField(verbose_name="read at")),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="gone since")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="users", to="user_audit.iamaccount"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="iam_users",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "IAM user",
                "verbose_name_plural": "IAM users",
            },
        ),
        migrations.CreateModel(
            name="DisableRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("taken_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="taken at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("enabled", "Enabled again"),
                            ("void", "Void: AWS refused before anything changed"),
                            ("deleted", "User deleted"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("active", models.JSONField(default=list)),
                ("inactive", models.JSONField(default=list)),
                ("had_password", models.BooleanField(default=False)),
                ("deny_preexisting", models.BooleanField(default=False)),
                ("enabling", models.BooleanField(default=False)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "iam_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="records", to="user_audit.iamuser"
                    ),
                ),
            ],
            options={
                "verbose_name": "disable record",
                "verbose_name_plural": "disable records",
            },
        ),
        migrations.CreateModel(
            name="IamArchive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("data", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "iam_user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="archive", to="user_audit.iamuser"
                    ),
                ),
            ],
            options={
                "verbose_name": "archive of an IAM user",
                "verbose_name_plural": "archives of IAM users",
            },
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("key", models.CharField(max_length=25, primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "iam_user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="user_audit.iamuser",
                    ),
                ),
                ("email", models.CharField(max_length=254, verbose_name="Email Address")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("role", models.CharField(max_length=20, verbose_name="Role")),
                ("platform_type", models.CharField(max_length=50, verbose_name="Platform Type")),
                (
                    "aws_status",
                    models.CharField(
                        choices=[
                            ("unknown", "Unknown"),
                            ("deleting", "Deleting"),
                            ("not_found", "Not found"),
                            ("partial", "Partial"),
                            ("disabled", "Disabled"),
                            ("disabled_elsewhere", "Disabled elsewhere"),
                            ("no_credentials", "No credentials"),
                            ("active", "Active"),
                        ],
                        max_length=20,
                        verbose_name="AWS Status",
                    ),
                ),
                (
                    "database_status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("disabled", "Disabled"),
                            ("not_found", "Not found"),
                            ("deleted", "Deleted"),
                        ],
                        max_length=10,
                        verbose_name="Database Status",
                    ),
                ),
                ("last_login", models.DateTimeField(null=True, verbose_name="Last Login")),
                ("aws_last_used_at", models.DateTimeField(null=True, verbose_name="last used in AWS")),
                ("created_at", models.DateTimeField(null=True, verbose_name="Account Creation Date")),
                ("updated_at", models.DateTimeField(null=True, verbose_name="Last Updated")),
                ("account_id", models.CharField(max_length=12, verbose_name="AWS account")),
                ("account_alias", models.CharField(max_length=63, verbose_name="AWS account")),
                ("user_name", models.CharField(max_length=64, verbose_name="IAM user")),
                ("read_at", models.DateTimeField(null=True, verbose_name="AWS read at")),
                ("disabled_at", models.DateTimeField(null=True, verbose_name="disabled in AWS at")),
                (
                    "finding",
                    models.CharField(
                        choices=[
                            ("aws_open_nobody", "AWS open, nobody on the platform"),
                            ("aws_open_platform_disabled", "AWS open, platform disabled"),
                            ("repair", "Partly disabled in AWS: repair"),
                            ("platform_open_aws_disabled", "Platform open, AWS disabled"),
                            ("orphan", "AWS user without an owner"),
                            ("no_credentials", "Cannot log in to AWS"),
                            ("delete_candidate", "Disabled on both sides for 90 days"),
                            ("aws_missing", "Needs an AWS user, has none"),
                        ],
                        max_length=30,
                        verbose_name="finding",
                    ),
                ),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("ambiguous", "Ambiguous match"),
                                ("recreated", "Deleted and created again"),
                                ("sign_in_after_disable", "Signed in after the disable"),
                                ("unused", "Credentials unused for 45 days"),
                                ("old_key", "Key older than 90 days"),
                                ("no_mfa", "Password without MFA"),
                                ("two_keys", "Two active keys"),
                                ("protected", "Protected"),
                                ("aws_admin", "AWS admin"),
                                ("quarantined", "Quarantined by AWS"),
                            ],
                            max_length=30,
                        )
                    ),
                ),
                (
                    "severity",
                    models.IntegerField(
                        choices=[(0, "In order"), (1, "Note"), (2, "Low"), (3, "Medium"), (4, "High"), (5, "Critical")],
                        verbose_name="severity",
                    ),
                ),
                ("protected_because", models.CharField(max_length=200)),
                ("verdict", models.CharField(max_length=10, verbose_name="verdict")),
                ("verdict_until", models.DateField(null=True)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("deleted_by", models.CharField(max_length=254)),
            ],
            options={
                "verbose_name": "identity",
                "verbose_name_plural": "identities",
                "db_table": "user_audit_identity",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(db_index=True, max_length=300, verbose_name="identity")),
                (
                    "verdict",
                    models.CharField(
                        choices=[("keep", "Keep"), ("remove", "Remove"), ("ask", "Ask the owner")],
                        max_length=10,
                        verbose_name="verdict",
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=500, verbose_name="note")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("by", models.CharField(max_length=254, verbose_name="by")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
            ],
            options={
                "verbose_name": "review verdict",
                "verbose_name_plural": "review verdicts",
            },
        ),
        migrations.CreateModel(
            name="Protection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.CharField(max_length=254, verbose_name="e-mail")),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                ("by", models.CharField(max_length=254, verbose_name="by")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
            ],
            options={
                "verbose_name": "protection",
                "verbose_name_plural": "protections",
            },
        ),
        migrations.CreateModel(
            name="DeletedUser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_id", models.BigIntegerField(unique=True, verbose_name="former user id")),
                ("email_digest", models.CharField(db_index=True, max_length=64)),
                (
                    "anonymised",
                    models.BooleanField(
                        help_text="Other rows refer to it, so the row was emptied.", verbose_name="anonymised"
                    ),
                ),
                ("deleted_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="deleted at")),
                ("by", models.CharField(max_length=254, verbose_name="by")),
            ],
            options={
                "verbose_name": "deleted user",
                "verbose_name_plural": "deleted users",
            },
        ),
    ]
