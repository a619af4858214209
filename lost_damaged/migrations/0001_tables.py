"""The tables of this app, in the order in which they refer to each other."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import inventory_ops.kit.db.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("inventory_ops", "0002_constraints"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("secret", models.BinaryField()),
                ("hint", models.CharField(max_length=4, verbose_name="ends with")),
                ("created_by", models.CharField(max_length=254, verbose_name="made by")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="made at")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_keys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "needs_body_digest",
                    models.BooleanField(
                        default=False,
                        help_text="Each call then carries BodySHA256, so that a signed address cannot be used with another body.",
                        verbose_name="calls must sign their body",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        help_text="Empty: the command line.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
            },
        ),
        migrations.CreateModel(
            name="ApiReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signature", models.CharField(max_length=64)),
                ("body_sha256", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("content_type", models.CharField(max_length=60)),
                ("body", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApiIntent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=255)),
                ("body_sha256", models.CharField(max_length=64)),
                ("claimed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("body", models.TextField(blank=True, default="", help_text="Empty: in flight.")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, verbose_name="number")),
                ("uid", models.CharField(max_length=64, verbose_name="UID")),
                ("uid_key", models.CharField(max_length=64)),
                ("status", models.CharField(default="written-off", max_length=30, verbose_name="status")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("lost_inbound", "Lost at inbound"),
                            ("lost_warehouse", "Lost in the warehouse"),
                            ("lost_delivery", "Lost in delivery"),
                            ("lost_return", "Lost in the return"),
                            ("damaged_warehouse", "Damaged in the warehouse"),
                            ("damaged_carrier", "Damaged by the carrier"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=30,
                        verbose_name="reason",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "API"), ("csv", "CSV"), ("page", "Page")], max_length=10, verbose_name="source"
                    ),
                ),
                ("import_id", models.UUIDField(blank=True, null=True)),
                ("actor", models.CharField(blank=True, max_length=254, verbose_name="actor")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
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
                    "order_item",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="write_offs",
                        to="inventory_ops.orderitem",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="write_offs",
                        to="inventory_ops.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "write-off",
                "verbose_name_plural": "write-offs",
            },
        ),
        migrations.CreateModel(
            name="WriteOffHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("units", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                ("uid", models.CharField(blank=True, default="", max_length=64, verbose_name="UID")),
                ("uid_key", models.CharField(blank=True, default="", max_length=64)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("lost_inbound", "Lost at inbound"),
                            ("lost_warehouse", "Lost in the warehouse"),
                            ("lost_delivery", "Lost in delivery"),
                            ("lost_return", "Lost in the return"),
                            ("damaged_warehouse", "Damaged in the warehouse"),
                            ("damaged_carrier", "Damaged by the carrier"),
                            ("other", "Other"),
                        ],
                        max_length=30,
                        verbose_name="what happened",
                    ),
                ),
                ("happened_on", models.DateField(verbose_name="happened on")),
                ("text", models.TextField(max_length=2000, verbose_name="story")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="opened at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("answer", models.TextField(blank=True, default="", max_length=2000, verbose_name="answer")),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory_ops.merchant"
                    ),
                ),
                (
                    "order_item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.orderitem",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory_ops.product"
                    ),
                ),
                (
                    "write_off",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claim",
                        to="lost_damaged.writeoff",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="opened by",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
            ],
            options={
                "verbose_name": "claim",
                "verbose_name_plural": "claims",
            },
        ),
        migrations.CreateModel(
            name="ClaimFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("stored_name", models.CharField(max_length=40, unique=True)),
                ("content_type", models.CharField(max_length=40)),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="lost_damaged.claim"
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence file",
                "verbose_name_plural": "evidence files",
            },
        ),
        migrations.CreateModel(
            name="WriteOffFile",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="write_off_file",
                        serialize=False,
                        to="inventory_ops.import",
                    ),
                ),
                ("encoding", models.CharField(max_length=20)),
                ("delimiter", models.CharField(max_length=1)),
                ("header", models.JSONField(default=list, help_text="The file's own header.")),
                ("reason", models.CharField(default="other", max_length=30, verbose_name="reason")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "job",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inventory_ops.job",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose limits the booking is judged by.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "finance import",
                "verbose_name_plural": "finance imports",
            },
        ),
        migrations.CreateModel(
            name="WriteOffRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(verbose_name="line")),
                ("cells", models.JSONField(help_text="The row as written.")),
                ("sku", models.CharField(blank=True, max_length=100)),
                ("uid", models.CharField(blank=True, max_length=64)),
                ("uid_key", models.CharField(blank=True, max_length=64)),
                ("shop_item_id", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("repeat", "Already written off"),
                            ("error", "Error"),
                            ("waits", "Waits for a second person"),
                            ("booked", "Written off"),
                        ],
                        max_length=10,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=10)),
                ("error_column", models.CharField(blank=True, max_length=30)),
                ("error_value", models.CharField(blank=True, max_length=200)),
                ("error_message", models.CharField(blank=True, max_length=500)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("estimate", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True)),
                ("amount", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True)),
                ("number", models.CharField(blank=True, max_length=20)),
                ("warnings", models.JSONField(default=list)),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="lost_damaged.writeofffile",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Cap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Empty: all currencies without their own.",
                        max_length=3,
                        verbose_name="currency",
                    ),
                ),
                (
                    "unit_cap",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, verbose_name="cap per unit"
                    ),
                ),
                (
                    "import_cap",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, verbose_name="cap per import"
                    ),
                ),
                (
                    "daily_cap",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, verbose_name="cap per person in 24 hours"
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="valid from")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "cap",
                "verbose_name_plural": "caps",
            },
        ),
        migrations.CreateModel(
            name="Spending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("import_id", models.UUIDField(null=True)),
                ("hour", models.DateTimeField()),
                ("slot", models.PositiveSmallIntegerField(default=0)),
                ("amount", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WaitingUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=100, verbose_name="SKU")),
                ("uid", models.CharField(max_length=64, verbose_name="UID")),
                ("uid_key", models.CharField(max_length=64)),
                ("shop_item_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("lost_inbound", "Lost at inbound"),
                            ("lost_warehouse", "Lost in the warehouse"),
                            ("lost_delivery", "Lost in delivery"),
                            ("lost_return", "Lost in the return"),
                            ("damaged_warehouse", "Damaged in the warehouse"),
                            ("damaged_carrier", "Damaged by the carrier"),
                            ("other", "Other"),
                        ],
                        max_length=30,
                        verbose_name="reason",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "API"), ("csv", "CSV"), ("page", "Page")], max_length=10, verbose_name="source"
                    ),
                ),
                ("import_id", models.UUIDField(blank=True, null=True)),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, help_text="When it was last judged.", max_digits=20, verbose_name="amount"
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("over_unit", "Above the cap per unit"),
                            ("over_import", "Above the cap per import"),
                            ("over_day", "Above the cap per person in 24 hours"),
                            ("over_together", "Imported together with such a unit"),
                        ],
                        max_length=15,
                        verbose_name="limit",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("booked", "Written off"), ("rejected", "Rejected")],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("problem", models.CharField(blank=True, default="", max_length=500, verbose_name="problem")),
                ("note", models.CharField(blank=True, default="", max_length=2000, verbose_name="note")),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="requested at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
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
                    "claim",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiting",
                        to="lost_damaged.claim",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory_ops.merchant"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory_ops.product"
                    ),
                ),
                (
                    "rejected_by",
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
                (
                    "write_off",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lost_damaged.writeoff",
                    ),
                ),
            ],
            options={
                "verbose_name": "waiting unit",
                "verbose_name_plural": "waiting units",
            },
        ),
        migrations.CreateModel(
            name="NavBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("month", models.DateField(help_text="Its first day.", verbose_name="posting month")),
                (
                    "state",
                    models.CharField(
                        choices=[("exported", "Exported"), ("confirmed", "Confirmed"), ("rejected", "Rejected")],
                        default="exported",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("csv", models.BinaryField()),
                ("json", models.BinaryField()),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the CSV")),
                ("line_count", models.PositiveIntegerField(verbose_name="lines")),
                (
                    "debit_amount",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="total debit"),
                ),
                (
                    "credit_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, verbose_name="total credit"
                    ),
                ),
                ("posted_number", models.CharField(blank=True, default="", max_length=50, verbose_name="posted as")),
                ("note", models.CharField(blank=True, default="", max_length=500, verbose_name="note")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="made at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
            ],
            options={
                "verbose_name": "NAV batch",
                "verbose_name_plural": "NAV batches",
            },
        ),
        migrations.CreateModel(
            name="FinanceSettings",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "shop_name",
                    models.CharField(
                        default="Shop",
                        help_text="Shown to sellers, as in “Shop-Id”.",
                        max_length=30,
                        verbose_name="shop name",
                    ),
                ),
                (
                    "locked_until",
                    models.DateField(
                        blank=True,
                        help_text="Nothing is booked up to and including this day (UTC).",
                        null=True,
                        verbose_name="locked until",
                    ),
                ),
                (
                    "nav_template",
                    models.CharField(
                        default="GENERAL",
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9._/-]*$", "Use letters, digits and . _ / - only."
                            )
                        ],
                        verbose_name="journal template name",
                    ),
                ),
                (
                    "nav_journal",
                    models.CharField(
                        default="LOSTDAM",
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9._/-]*$", "Use letters, digits and . _ / - only."
                            )
                        ],
                        verbose_name="journal batch name",
                    ),
                ),
                (
                    "nav_expense_account",
                    models.CharField(
                        default="60450",
                        help_text="A G/L account.",
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9._/-]*$", "Use letters, digits and . _ / - only."
                            )
                        ],
                        verbose_name="expense account",
                    ),
                ),
                (
                    "nav_shop_dimension",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9._/-]*$", "Use letters, digits and . _ / - only."
                            )
                        ],
                        verbose_name="shop dimension code",
                    ),
                ),
                (
                    "nav_local_currency",
                    models.CharField(
                        default="GBP",
                        help_text="Its currency code is left blank in NAV files.",
                        max_length=3,
                        verbose_name="local currency",
                    ),
                ),
                (
                    "claim_days",
                    models.PositiveSmallIntegerField(
                        default=90,
                        help_text="How long after the loss a seller may claim it.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="days for a claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "finance settings",
                "verbose_name_plural": "finance settings",
            },
        ),
        migrations.CreateModel(
            name="Factor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "factor",
                    inventory_ops.kit.db.fields.RatioField(
                        decimal_places=4,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("1")),
                        ],
                        verbose_name="factor",
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="valid from")),
                ("note", models.CharField(blank=True, default="", max_length=200, verbose_name="note")),
                ("created_by", models.CharField(blank=True, default="", max_length=254, verbose_name="set by")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="write_off_factors",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
            ],
            options={
                "verbose_name": "write-off factor",
                "verbose_name_plural": "write-off factors",
            },
        ),
        migrations.CreateModel(
            name="SellerAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "vendor_no",
                    models.CharField(
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9._/-]*$", "Use letters, digits and . _ / - only."
                            )
                        ],
                        verbose_name="NAV vendor number",
                    ),
                ),
                (
                    "merchant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nav_account",
                        to="inventory_ops.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "seller account",
                "verbose_name_plural": "seller accounts",
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("closed", "Closed")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, help_text="Exclusive.", null=True, verbose_name="to")),
                (
                    "opening_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, default=0, max_digits=20, verbose_name="opening balance"
                    ),
                ),
                (
                    "orders_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="orders"
                    ),
                ),
                (
                    "credits_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="lost or damaged credit"
                    ),
                ),
                ("credits_count", models.PositiveIntegerField(null=True)),
                (
                    "debits_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="lost or damaged"
                    ),
                ),
                ("debits_count", models.PositiveIntegerField(null=True)),
                (
                    "fees_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="fees"
                    ),
                ),
                (
                    "refunds_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="refunds"
                    ),
                ),
                (
                    "closing_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="closing balance"
                    ),
                ),
                (
                    "payout_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="payout"
                    ),
                ),
                ("closed_by", models.CharField(blank=True, default="", max_length=254, verbose_name="closed by")),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "previous",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="next",
                        to="lost_damaged.statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "account statement",
                "verbose_name_plural": "account statements",
            },
        ),
        migrations.CreateModel(
            name="SellerTransaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, verbose_name="number")),
                (
                    "type",
                    models.CharField(
                        choices=[("credit", "Lost or Damaged Credit"), ("debit", "Lost or Damaged")],
                        max_length=10,
                        verbose_name="type",
                    ),
                ),
                (
                    "amount",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="amount"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("minor_units", models.PositiveSmallIntegerField(verbose_name="minor units")),
                (
                    "formula",
                    models.CharField(
                        choices=[("order_item", "Order item"), ("product", "Product")],
                        max_length=12,
                        verbose_name="formula",
                    ),
                ),
                (
                    "unit_price",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4,
                        help_text="Of the order item.",
                        max_digits=20,
                        null=True,
                        verbose_name="unit price",
                    ),
                ),
                (
                    "commission_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4,
                        help_text="Of the order item.",
                        max_digits=20,
                        null=True,
                        verbose_name="commission",
                    ),
                ),
                (
                    "price",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4,
                        help_text="Of the product when it was booked.",
                        max_digits=20,
                        null=True,
                        verbose_name="price",
                    ),
                ),
                (
                    "special_price",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="special price"
                    ),
                ),
                ("special_used", models.BooleanField(default=False, verbose_name="special price in its window")),
                (
                    "commission_percent",
                    inventory_ops.kit.db.fields.PercentField(
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="commission percent",
                    ),
                ),
                (
                    "commission_category",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="category of the percent"),
                ),
                (
                    "factor",
                    inventory_ops.kit.db.fields.RatioField(
                        decimal_places=4,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("1")),
                        ],
                        verbose_name="factor",
                    ),
                ),
                (
                    "raw_amount",
                    models.DecimalField(decimal_places=16, max_digits=38, verbose_name="amount before rounding"),
                ),
                ("warnings", models.JSONField(default=list, verbose_name="warnings")),
                ("note", models.CharField(blank=True, default="", max_length=500, verbose_name="note")),
                ("actor", models.CharField(blank=True, default="", max_length=254, verbose_name="actor")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
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
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="lost_damaged.sellertransaction",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="lost_damaged.statement",
                    ),
                ),
                (
                    "write_off",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="lost_damaged.writeoff",
                    ),
                ),
            ],
            options={
                "verbose_name": "seller transaction",
                "verbose_name_plural": "seller transactions",
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account",
                    models.CharField(
                        choices=[("expense", "Lost and damaged expense"), ("liability", "Liability to the seller")],
                        max_length=20,
                        verbose_name="account",
                    ),
                ),
                (
                    "debit",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, default=0, max_digits=20, verbose_name="debit"
                    ),
                ),
                (
                    "credit",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, default=0, max_digits=20, verbose_name="credit"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="lost_damaged.sellertransaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "ledger entry",
                "verbose_name_plural": "ledger entries",
            },
        ),
        migrations.CreateModel(
            name="NavBatchLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("active", models.BooleanField(default=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="lost_damaged.navbatch"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="nav_lines",
                        to="lost_damaged.sellertransaction",
                    ),
                ),
            ],
        ),
    ]
