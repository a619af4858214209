"""The tables of this app, in the order in which they refer to each other."""

import datetime
import uuid
from decimal import Decimal

import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import inventory_ops.kit.db.fields
import inventory_ops.models.merchants

FRESH = """
do $$ begin
    if to_regclass('public.inventory_ops_merchant') is not null then
        raise exception 'This database was made by a version before the first release, and cannot be upgraded.'
            using hint = 'Start with an empty one (the demo: manage.py demo --fresh) and load your files again.';
    end if;
end $$
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(FRESH, migrations.RunSQL.noop),
        django.contrib.postgres.operations.TrigramExtension(),
        django.contrib.postgres.operations.BtreeGinExtension(),
        django.contrib.postgres.operations.BtreeGistExtension(),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at")),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="actor id")),
                (
                    "actor",
                    models.CharField(
                        blank=True, default="", help_text="'' is the system.", max_length=254, verbose_name="actor"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        help_text="subject.verb, like stock.adjust", max_length=100, verbose_name="action"
                    ),
                ),
                ("subject_type", models.CharField(blank=True, default="", max_length=50, verbose_name="subject type")),
                ("subject_id", models.CharField(blank=True, default="", max_length=100, verbose_name="subject id")),
                ("merchant_id", models.BigIntegerField(null=True)),
                ("summary", models.CharField(blank=True, default="", max_length=500, verbose_name="summary")),
                ("data", models.JSONField(default=dict)),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                ("digest", models.BinaryField()),
                ("strand", models.SmallIntegerField(db_default=0, editable=False)),
            ],
            options={
                "verbose_name": "audit event",
                "verbose_name_plural": "audit events",
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="name")),
                (
                    "commission_percent",
                    inventory_ops.kit.db.fields.PercentField(
                        blank=True,
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
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="inventory_ops.category",
                    ),
                ),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
            },
        ),
        migrations.CreateModel(
            name="FindingTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=50)),
                ("merchant_id", models.BigIntegerField(null=True)),
                ("state", models.CharField(max_length=20)),
                ("count", models.BigIntegerField()),
                ("value", models.DecimalField(decimal_places=4, max_digits=38)),
            ],
        ),
        migrations.CreateModel(
            name="ScanSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=50, unique=True, verbose_name="scan")),
                ("every", models.DurationField(verbose_name="every")),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="next run")),
            ],
            options={
                "verbose_name": "scan schedule",
                "verbose_name_plural": "scan schedules",
            },
        ),
        migrations.CreateModel(
            name="ScanRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=50, verbose_name="scan")),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="running",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("seen", models.PositiveIntegerField(default=0)),
                ("opened", models.PositiveIntegerField(default=0)),
                ("resolved", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("requested_by", models.CharField(blank=True, max_length=254)),
            ],
            options={
                "verbose_name": "scan run",
                "verbose_name_plural": "scan runs",
            },
        ),
        migrations.CreateModel(
            name="IssueChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("price", "Price"),
                            ("stock", "Stock"),
                            ("short", "Short"),
                            ("line", "Line"),
                            ("order", "Order"),
                            ("merchant", "Merchant"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="IssueRefresh",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AdjustmentReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=30, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_active", models.BooleanField(default=True, verbose_name="offered")),
            ],
            options={
                "verbose_name": "adjustment reason",
                "verbose_name_plural": "adjustment reasons",
            },
        ),
        migrations.CreateModel(
            name="EventActor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=254)),
            ],
        ),
        migrations.CreateModel(
            name="EventKey",
            fields=[
                ("key", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("event_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Merchant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_number", models.CharField(max_length=50, unique=True, verbose_name="vendor number")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "currency",
                    models.CharField(default="GBP", help_text="ISO 4217 code.", max_length=3, verbose_name="currency"),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        help_text="Decides what a day is for this merchant.",
                        max_length=64,
                        validators=[inventory_ops.models.merchants.validate_timezone],
                        verbose_name="time zone",
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                (
                    "write_off_factor",
                    inventory_ops.kit.db.fields.RatioField(
                        blank=True,
                        decimal_places=4,
                        help_text="Share of a lost unit's value that is credited.",
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("1")),
                        ],
                        verbose_name="write-off factor",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "merchant",
                "verbose_name_plural": "merchants",
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=100, verbose_name="SKU")),
                ("vendor_sku", models.CharField(blank=True, max_length=100, verbose_name="vendor SKU")),
                ("name", models.CharField(max_length=300, verbose_name="name")),
                ("short_description", models.TextField(blank=True, verbose_name="short description")),
                ("brand_name", models.CharField(blank=True, max_length=200, verbose_name="brand")),
                ("model_name", models.CharField(blank=True, max_length=200, verbose_name="model")),
                (
                    "price",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="price"),
                ),
                (
                    "special_price",
                    inventory_ops.kit.db.fields.MoneyField(
                        blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="special price"
                    ),
                ),
                ("special_from", models.DateTimeField(blank=True, null=True, verbose_name="special price from")),
                (
                    "special_to",
                    models.DateTimeField(
                        blank=True, help_text="Exclusive.", null=True, verbose_name="special price to"
                    ),
                ),
                (
                    "cost",
                    inventory_ops.kit.db.fields.MoneyField(
                        blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="cost of goods"
                    ),
                ),
                ("is_live", models.BooleanField(default=True, verbose_name="live")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="inventory_ops.category",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="inventory_ops.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
            },
        ),
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "buffer",
                    models.PositiveIntegerField(
                        blank=True, help_text="Units kept back.", null=True, verbose_name="buffer"
                    ),
                ),
                (
                    "percent",
                    inventory_ops.kit.db.fields.PercentField(
                        blank=True,
                        decimal_places=4,
                        help_text="Share of the rest that is offered.",
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="percent",
                    ),
                ),
                (
                    "min_quantity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Offered while anything is available. More than you have risks overselling.",
                        null=True,
                        verbose_name="at least",
                    ),
                ),
                (
                    "max_quantity",
                    models.PositiveIntegerField(
                        blank=True, help_text="Never offer more than this.", null=True, verbose_name="at most"
                    ),
                ),
                (
                    "end_when",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Offer 0 when this many or fewer are available.",
                        null=True,
                        verbose_name="end when",
                    ),
                ),
                (
                    "code",
                    models.SlugField(
                        help_text="Begins the numbers of its orders here. Cannot be changed.",
                        max_length=20,
                        unique=True,
                        verbose_name="code",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("kind", models.CharField(max_length=30, verbose_name="kind")),
                (
                    "state",
                    models.CharField(
                        choices=[("importing", "Importing"), ("synced", "Synced"), ("retired", "Retired")],
                        default="importing",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "is_primary",
                    models.BooleanField(
                        default=False,
                        help_text="Its quantities are the ones to start with.",
                        verbose_name="primary marketplace",
                    ),
                ),
                ("options", models.JSONField(blank=True, default=dict)),
                ("credentials", models.BinaryField(default=b"")),
                (
                    "cancel_window",
                    models.DurationField(
                        default=datetime.timedelta(seconds=1800),
                        help_text="A cancellation this soon after the order gives the units back by itself.",
                        verbose_name="cancellation window",
                    ),
                ),
                ("takes_orders", models.BooleanField(default=True, verbose_name="take orders")),
                ("is_paused", models.BooleanField(default=False, verbose_name="paused")),
                ("pause_reason", models.CharField(blank=True, default="", max_length=300)),
                (
                    "started_at",
                    models.DateTimeField(blank=True, help_text="When its catalogue was read that counts.", null=True),
                ),
                ("orders_read_until", models.DateTimeField(blank=True, null=True)),
                ("orders_polled_at", models.DateTimeField(blank=True, null=True, verbose_name="orders read at")),
                ("pushed_at", models.DateTimeField(blank=True, null=True, verbose_name="last sent at")),
                ("drift_checked_at", models.DateTimeField(blank=True, null=True, verbose_name="compared at")),
                ("failures", models.PositiveIntegerField(default=0)),
                ("blocked_until", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=500, verbose_name="last error")),
                ("last_error_at", models.DateTimeField(blank=True, null=True)),
                ("webhook_token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="channels",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("carts_error", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("carts_polled_at", models.DateTimeField(blank=True, null=True, verbose_name="carts read at")),
                ("carts_read_until", models.DateTimeField(blank=True, null=True)),
                ("takes_carts", models.BooleanField(db_default=True, default=True, verbose_name="take carts")),
            ],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
            },
        ),
        migrations.CreateModel(
            name="ChannelListing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "buffer",
                    models.PositiveIntegerField(
                        blank=True, help_text="Units kept back.", null=True, verbose_name="buffer"
                    ),
                ),
                (
                    "percent",
                    inventory_ops.kit.db.fields.PercentField(
                        blank=True,
                        decimal_places=4,
                        help_text="Share of the rest that is offered.",
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="percent",
                    ),
                ),
                (
                    "min_quantity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Offered while anything is available. More than you have risks overselling.",
                        null=True,
                        verbose_name="at least",
                    ),
                ),
                (
                    "max_quantity",
                    models.PositiveIntegerField(
                        blank=True, help_text="Never offer more than this.", null=True, verbose_name="at most"
                    ),
                ),
                (
                    "end_when",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Offer 0 when this many or fewer are available.",
                        null=True,
                        verbose_name="end when",
                    ),
                ),
                ("external_id", models.CharField(max_length=200, verbose_name="external id")),
                ("external_sku", models.CharField(max_length=200, verbose_name="external SKU")),
                (
                    "location_id",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="location there"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("unknown", "Unknown"),
                            ("rejected", "Rejected"),
                        ],
                        default="waiting",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("is_due", models.BooleanField(default=True)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("must_send", models.BooleanField(default=False, help_text="Send even what was sent before.")),
                ("intent_key", models.UUIDField(blank=True, null=True)),
                ("intent_quantity", models.IntegerField(blank=True, null=True)),
                ("wanted_quantity", models.IntegerField(blank=True, help_text="What the rule gave last.", null=True)),
                ("sent_quantity", models.IntegerField(blank=True, null=True, verbose_name="quantity sent")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("error", models.CharField(blank=True, default="", max_length=500, verbose_name="error")),
                (
                    "verify_at",
                    models.DateTimeField(
                        blank=True, help_text="Read back then: an older write may have arrived late.", null=True
                    ),
                ),
                ("imported_quantity", models.IntegerField(blank=True, null=True, verbose_name="imported quantity")),
                ("imported_at", models.DateTimeField(blank=True, null=True, verbose_name="imported at")),
                ("there_quantity", models.IntegerField(blank=True, null=True, verbose_name="quantity there")),
                ("there_at", models.DateTimeField(blank=True, null=True, verbose_name="read there at")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="listings", to="inventory_ops.channel"
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="inventory_ops.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "channel listing",
                "verbose_name_plural": "channel listings",
            },
        ),
        migrations.CreateModel(
            name="ChannelChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.channel",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.channellisting",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChannelWebhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivery_id", models.CharField(max_length=200)),
                ("topic", models.CharField(max_length=100)),
                ("order_id", models.CharField(blank=True, max_length=200)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("handled_at", models.DateTimeField(null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="inventory_ops.channel"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReportDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=50)),
                ("day", models.DateField()),
                ("open_count", models.PositiveIntegerField()),
                ("value", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, default=0, max_digits=20)),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InventoryCostIssue",
            fields=[
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("brand_name", models.CharField(blank=True, max_length=200)),
                ("price_now", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("cost", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("loss_per_unit", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("on_hand", models.BigIntegerField()),
                ("value_at_risk", models.DecimalField(decimal_places=4, max_digits=38)),
                ("in_flash_sale", models.BooleanField()),
                ("explained_by", models.CharField(max_length=20)),
                ("sale_starts_at", models.DateTimeField(null=True)),
                ("sale_ends_at", models.DateTimeField(null=True)),
                (
                    "sale_snapshot_price",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                (
                    "sale_percentage",
                    inventory_ops.kit.db.fields.PercentField(
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.category",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("margin_percent", models.DecimalField()),
            ],
        ),
        migrations.CreateModel(
            name="ShippingIssue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "period", "product_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("period", models.CharField(blank=True, max_length=4)),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.product",
                    ),
                ),
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.category",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("times", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("value", models.DecimalField(decimal_places=4, max_digits=38)),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ShippingCandidate",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "period", "product_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("period", models.CharField(blank=True, max_length=4)),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.product",
                    ),
                ),
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.category",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("most_times", models.BigIntegerField(db_column="times")),
            ],
            options={
                "db_table": "inventory_ops_shippingissue",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Store",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=50, unique=True, verbose_name="number")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "abandon_after",
                    models.DurationField(
                        default=datetime.timedelta(seconds=3600),
                        help_text="A cart without customer activity for this long counts as abandoned.",
                        verbose_name="abandoned after",
                    ),
                ),
            ],
            options={
                "verbose_name": "store",
                "verbose_name_plural": "stores",
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=50, unique=True, verbose_name="order number")),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Cart"), (2, "Open"), (3, "Closed")], verbose_name="status"
                    ),
                ),
                ("customer_email", models.CharField(blank=True, max_length=254, verbose_name="customer e-mail")),
                ("currency", models.CharField(default="GBP", max_length=3, verbose_name="currency")),
                (
                    "total_amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4,
                        default=0,
                        help_text="Sum of quantity × unit price of its items.",
                        max_digits=20,
                        verbose_name="order total",
                    ),
                ),
                ("promo_code", models.CharField(blank=True, max_length=100, verbose_name="promo code")),
                (
                    "promo_value",
                    inventory_ops.kit.db.fields.MoneyField(
                        blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="promo value"
                    ),
                ),
                (
                    "gift_card_total",
                    inventory_ops.kit.db.fields.MoneyField(
                        blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="gift card total"
                    ),
                ),
                ("gift_card_count", models.PositiveIntegerField(blank=True, null=True, verbose_name="gift card count")),
                ("comment", models.TextField(blank=True, verbose_name="customer comments")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created at")),
                (
                    "last_activity_at",
                    models.DateTimeField(help_text="The customer's last activity.", verbose_name="last update"),
                ),
                ("placed_at", models.DateTimeField(blank=True, null=True, verbose_name="placed at")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed at")),
                (
                    "recovered_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When a cart that counted as abandoned became an order.",
                        null=True,
                        verbose_name="recovered at",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="inventory_ops.store",
                    ),
                ),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
            },
        ),
        migrations.CreateModel(
            name="ChannelOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=200)),
                ("number", models.CharField(max_length=100, verbose_name="number there")),
                ("raw_state", models.CharField(max_length=100, verbose_name="state there")),
                ("is_open", models.BooleanField(default=True)),
                (
                    "digest",
                    models.BinaryField(
                        default=b"", help_text="Of what was taken last: the same again is not looked at."
                    ),
                ),
                ("problem", models.CharField(blank=True, default="", max_length=500)),
                ("placed_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="orders", to="inventory_ops.channel"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.order",
                    ),
                ),
                ("is_cart", models.BooleanField(db_default=False, default=False)),
                (
                    "was_left",
                    models.BooleanField(
                        db_default=False, default=False, help_text="As a cart, for longer than its store's time-out."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shop_item_id", models.BigIntegerField(unique=True, verbose_name="order item shop id")),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Cart"), (2, "Open"), (3, "Closed")], verbose_name="order status"
                    ),
                ),
                (
                    "ordered_at",
                    models.DateTimeField(
                        help_text="When the order was placed; of a cart, when the line was added.",
                        verbose_name="ordered at",
                    ),
                ),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "unit_price",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, verbose_name="unit price"),
                ),
                (
                    "unit_cost",
                    inventory_ops.kit.db.fields.MoneyField(
                        blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="unit cost"
                    ),
                ),
                (
                    "commission",
                    inventory_ops.kit.db.fields.MoneyField(
                        blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="commission a unit"
                    ),
                ),
                ("quantity_shipped", models.PositiveIntegerField(default=0, verbose_name="quantity shipped")),
                ("shipped_at", models.DateTimeField(blank=True, null=True, verbose_name="shipped at")),
                ("cancelled_quantity", models.PositiveIntegerField(default=0, verbose_name="cancelled quantity")),
                (
                    "cancelled_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("customer", "Customer"),
                            ("seller", "Seller"),
                            ("warehouse", "Warehouse"),
                            ("system", "System"),
                        ],
                        max_length=10,
                        verbose_name="cancelled by",
                    ),
                ),
                ("ship_by", models.DateTimeField(blank=True, null=True, verbose_name="ship by")),
                (
                    "issue_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the cost first was above the price for this line.",
                        null=True,
                        verbose_name="issue time",
                    ),
                ),
                ("issue_sale_starts_at", models.DateTimeField(blank=True, null=True)),
                ("issue_sale_ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issue_sale_snapshot_price",
                    inventory_ops.kit.db.fields.MoneyField(blank=True, decimal_places=4, max_digits=20, null=True),
                ),
                (
                    "issue_sale_percentage",
                    inventory_ops.kit.db.fields.PercentField(
                        blank=True,
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="inventory_ops.order"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_items",
                        to="inventory_ops.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "order item",
                "verbose_name_plural": "order items",
            },
        ),
        migrations.CreateModel(
            name="ChannelOrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=200)),
                ("sku", models.CharField(blank=True, max_length=200)),
                (
                    "shipped_before",
                    models.PositiveIntegerField(default=0, help_text="Left the shelf before the catalogue was read."),
                ),
                ("cancelled_before", models.PositiveIntegerField(default=0)),
                ("open_quantity", models.PositiveIntegerField(default=0)),
                ("kept_quantity", models.PositiveIntegerField(default=0, help_text="Ordered and not cancelled.")),
                ("waiting_quantity", models.PositiveIntegerField(default=0)),
                (
                    "channel_order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="inventory_ops.channelorder",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inventory_ops.orderitem",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PaymentAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempted_at", models.DateTimeField(verbose_name="attempted at")),
                ("succeeded", models.BooleanField(default=False, verbose_name="succeeded")),
                ("code", models.CharField(blank=True, max_length=50, verbose_name="code")),
                ("message", models.CharField(blank=True, max_length=300, verbose_name="message")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="payment_attempts",
                        to="inventory_ops.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment attempt",
                "verbose_name_plural": "payment attempts",
            },
        ),
        migrations.CreateModel(
            name="OrderCostIssue",
            fields=[
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "item",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.orderitem",
                    ),
                ),
                ("order_number", models.CharField(max_length=50)),
                ("customer_email", models.CharField(blank=True, max_length=254)),
                ("status", models.PositiveSmallIntegerField(choices=[(1, "Cart"), (2, "Open"), (3, "Closed")])),
                ("issue_at", models.DateTimeField()),
                ("unit_price", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("unit_cost", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("quantity", models.PositiveIntegerField()),
                ("loss_per_unit", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("loss_amount", models.DecimalField(decimal_places=4, max_digits=38)),
                ("issue_sale_starts_at", models.DateTimeField(null=True)),
                ("issue_sale_ends_at", models.DateTimeField(null=True)),
                (
                    "issue_sale_snapshot_price",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                (
                    "issue_sale_percentage",
                    inventory_ops.kit.db.fields.PercentField(
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.category",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=50)),
                ("key", models.CharField(max_length=150)),
                ("label", models.CharField(max_length=300)),
                ("url", models.CharField(blank=True, max_length=300)),
                ("value", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, default=0, max_digits=20)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("batch", models.BigIntegerField(editable=False, null=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FlashSale",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField(verbose_name="starts at")),
                ("ends_at", models.DateTimeField(help_text="Exclusive.", verbose_name="ends at")),
                (
                    "percentage",
                    inventory_ops.kit.db.fields.PercentField(
                        decimal_places=4,
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="percentage off",
                    ),
                ),
                (
                    "snapshot_price",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4,
                        help_text="The regular price when the sale was set up.",
                        max_digits=20,
                        verbose_name="snapshot price",
                    ),
                ),
                (
                    "sale_price",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4,
                        help_text="snapshot × (1 − percentage), half-even to the currency's smallest unit.",
                        max_digits=20,
                        verbose_name="sale price",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="flash_sales",
                        to="inventory_ops.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "flash sale",
                "verbose_name_plural": "flash sales",
            },
        ),
        migrations.CreateModel(
            name="PriceGuard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("off", "Off: nothing is checked"),
                            ("warn", "Warn: who changes it is told, and may go on"),
                            ("block", "Block: the change is refused"),
                            ("default", "The rule for all vendors"),
                        ],
                        max_length=10,
                        verbose_name="rule",
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="valid from")),
                ("changed_by", models.CharField(blank=True, max_length=254, verbose_name="proposed by")),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_guards",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
            ],
            options={
                "verbose_name": "price guard",
                "verbose_name_plural": "price guards",
            },
        ),
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("price_before", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True)),
                ("price_after", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                (
                    "special_price_before",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                (
                    "special_price_after",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                ("cost_before", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True)),
                ("cost_after", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True)),
                ("source", models.CharField(max_length=50, verbose_name="source")),
                ("actor", models.CharField(blank=True, max_length=254, verbose_name="actor")),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_changes",
                        to="inventory_ops.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "price change",
                "verbose_name_plural": "price changes",
            },
        ),
        migrations.CreateModel(
            name="ProductStock",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="stock_total",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("merchant_id", models.BigIntegerField()),
                ("on_hand", models.BigIntegerField(default=0)),
                ("available", models.BigIntegerField(default=0)),
                ("value", models.DecimalField(decimal_places=4, default=0, max_digits=38)),
                ("is_watched", models.BooleanField(db_default=False, default=False)),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.category",
                    ),
                ),
                ("is_live", models.BooleanField(db_default=True, default=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProductDemand",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="demand",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("merchant_id", models.BigIntegerField()),
                ("first_ordered_at", models.DateTimeField(null=True)),
                ("last_ordered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="InventoryType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=30, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_sellable", models.BooleanField(default=False, verbose_name="sellable")),
            ],
            options={
                "verbose_name": "inventory type",
                "verbose_name_plural": "inventory types",
            },
        ),
        migrations.CreateModel(
            name="StockTotal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "product_id", "inventory_type_id", blank=True, editable=False, primary_key=True, serialize=False
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
                (
                    "inventory_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.inventorytype",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("on_hand", models.BigIntegerField(default=0)),
                ("allocated", models.BigIntegerField(default=0)),
                ("available", models.BigIntegerField(default=0)),
                ("nearest_expiry", models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=50, unique=True, verbose_name="code")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
            ],
            options={
                "verbose_name": "location",
                "verbose_name_plural": "locations",
            },
        ),
        migrations.CreateModel(
            name="StockBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lot", models.CharField(blank=True, default="", max_length=100, verbose_name="lot")),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="expires on")),
                ("on_hand", models.IntegerField(default=0, verbose_name="on hand")),
                ("allocated", models.IntegerField(default=0, verbose_name="allocated")),
                ("version", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "inventory_type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.inventorytype",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.location",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
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
                        related_name="balances",
                        to="inventory_ops.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock balance",
                "verbose_name_plural": "stock balances",
            },
        ),
        migrations.CreateModel(
            name="InventoryEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="inventory_ops.product",
                    ),
                ),
                (
                    "balance",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="inventory_ops.stockbalance",
                    ),
                ),
                (
                    "inventory_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.inventorytype",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory_ops.location",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("allocated", "Allocated"),
                            ("released", "Released"),
                            ("shipped", "Shipped"),
                            ("returned", "Returned"),
                            ("adjusted", "Adjusted"),
                            ("imported", "Imported"),
                            ("written_off", "Written off"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("quantity", models.IntegerField(verbose_name="quantity change")),
                ("quantity_after", models.IntegerField(verbose_name="quantity after")),
                ("sequence", models.PositiveIntegerField(verbose_name="sequence")),
                ("reason", models.CharField(blank=True, default="", max_length=30, verbose_name="reason")),
                ("note", models.CharField(blank=True, default="", max_length=500, verbose_name="note")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("page", "Page"),
                            ("csv", "CSV"),
                            ("api", "API"),
                            ("channel", "Channel"),
                            ("order", "Order"),
                            ("system", "System"),
                        ],
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reference", models.CharField(blank=True, default="", max_length=200, verbose_name="reference")),
                ("actor", models.CharField(blank=True, default="", max_length=254, verbose_name="actor")),
                ("batch", models.UUIDField(blank=True, null=True, verbose_name="batch")),
                ("order_item_id", models.BigIntegerField(blank=True, null=True, verbose_name="order item")),
                ("reverses_id", models.BigIntegerField(blank=True, null=True, verbose_name="undoes event")),
                ("counted_quantity", models.IntegerField(blank=True, null=True, verbose_name="counted quantity")),
                ("digest", models.BinaryField(verbose_name="digest")),
            ],
            options={
                "verbose_name": "inventory event",
                "verbose_name_plural": "inventory events",
                "db_table": "inventory_ops_inventoryevent",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("operations", "Operations"),
                            ("merchant", "Merchant"),
                            ("finance", "Finance"),
                            ("admin", "Admin"),
                            ("", "No role"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "platform_type",
                    models.CharField(
                        blank=True, help_text="Admin, Vendor Portal, …", max_length=50, verbose_name="platform type"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("is_superuser", models.BooleanField(default=False, verbose_name="superuser")),
                ("is_demo", models.BooleanField(default=False, editable=False, verbose_name="demo login")),
                (
                    "session_epoch",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="Raised to end every session of the account for good."
                    ),
                ),
                ("preferences", models.JSONField(blank=True, default=dict, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="users",
                        to="inventory_ops.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "is_service",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="A program's account: it signs API calls, and nobody can sign in with it.",
                        verbose_name="service account",
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("email_changed_at", models.DateTimeField(editable=False, null=True, verbose_name="e-mail changed at")),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=50, verbose_name="report")),
                ("key", models.CharField(max_length=100, verbose_name="key")),
                ("label", models.CharField(max_length=300, verbose_name="label")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("acknowledged", "Acknowledged"),
                            ("snoozed", "Snoozed"),
                            ("resolved", "Resolved"),
                        ],
                        default="open",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "value",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, default=0, max_digits=20, verbose_name="value at risk"
                    ),
                ),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("opened_at", models.DateTimeField(help_text="Of the latest opening.", verbose_name="opened at")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen")),
                ("resolved_at", models.DateTimeField(blank=True, null=True, verbose_name="resolved at")),
                ("times_opened", models.PositiveIntegerField(default=1, verbose_name="times opened")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "snoozed_value",
                    inventory_ops.kit.db.fields.MoneyField(
                        blank=True,
                        decimal_places=4,
                        help_text="Snoozed until the value is above this.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, help_text="Raised by every change a person makes.")),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="findings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                (
                    "row_id",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(
                                key__regex="^[0-9]{1,18}$",
                                then=django.db.models.functions.comparison.Cast("key", models.BigIntegerField()),
                            )
                        ),
                        output_field=models.BigIntegerField(),
                    ),
                ),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
            },
        ),
        migrations.CreateModel(
            name="FindingEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor", models.CharField(blank=True, max_length=254)),
                ("kind", models.CharField(max_length=20)),
                ("text", models.CharField(blank=True, max_length=1000)),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="inventory_ops.finding"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=50)),
                (
                    "scope",
                    models.CharField(
                        choices=[("me", "Only me"), ("group", "My group"), ("all", "Everybody")],
                        default="me",
                        max_length=10,
                    ),
                ),
                ("role", models.CharField(blank=True, help_text="Whose view it is with scope group.", max_length=20)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("columns", models.JSONField(blank=True, default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=50, verbose_name="kind")),
                ("file_name", models.CharField(max_length=255, verbose_name="file")),
                (
                    "stored_name",
                    models.CharField(blank=True, help_text="Random name below the files folder.", max_length=100),
                ),
                ("sha256", models.CharField(blank=True, db_index=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Checking"),
                            ("checked", "Checked"),
                            ("applying", "Applying"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("discarded", "Discarded"),
                        ],
                        default="checking",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("all_or_nothing", models.BooleanField(default=False, verbose_name="import nothing if any row fails")),
                ("rows_total", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("rows_new", models.PositiveIntegerField(default=0, verbose_name="new")),
                ("rows_changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("rows_unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("rows_failed", models.PositiveIntegerField(default=0, verbose_name="failed")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("rows_warned", models.PositiveIntegerField(default=0, verbose_name="with warnings")),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
            },
        ),
        migrations.CreateModel(
            name="ImportRowError",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "line",
                    models.PositiveIntegerField(
                        help_text="Physical line in the file, the header is line 1.", verbose_name="line"
                    ),
                ),
                ("column", models.CharField(blank=True, max_length=100, verbose_name="column")),
                ("value", models.CharField(blank=True, max_length=200, verbose_name="value")),
                ("code", models.CharField(blank=True, max_length=30, verbose_name="code")),
                ("message", models.CharField(max_length=500, verbose_name="message")),
                (
                    "job",
                    models.ForeignKey(
                        db_column="import_id",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="errors",
                        to="inventory_ops.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportRowWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "line",
                    models.PositiveIntegerField(
                        help_text="Physical line in the file, the header is line 1.", verbose_name="line"
                    ),
                ),
                ("column", models.CharField(blank=True, max_length=100, verbose_name="column")),
                ("value", models.CharField(blank=True, max_length=200, verbose_name="value")),
                ("code", models.CharField(blank=True, max_length=30, verbose_name="code")),
                ("message", models.CharField(max_length=500, verbose_name="message")),
                (
                    "job",
                    models.ForeignKey(
                        db_column="import_id",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="warnings",
                        to="inventory_ops.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(help_text="Name of the handler that runs it.", max_length=50, verbose_name="kind"),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("queue", models.CharField(default="default", max_length=20, verbose_name="queue")),
                ("params", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("done_count", models.PositiveIntegerField(default=0, verbose_name="done")),
                ("total_count", models.PositiveIntegerField(blank=True, null=True, verbose_name="of")),
                ("failed_count", models.PositiveIntegerField(default=0, verbose_name="failed")),
                ("skipped_count", models.PositiveIntegerField(default=0, verbose_name="skipped")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                ("cancel_requested", models.BooleanField(default=False)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "lease_until",
                    models.DateTimeField(blank=True, help_text="A worker that holds it renews this.", null=True),
                ),
                ("result_file", models.CharField(blank=True, max_length=100)),
                ("result_name", models.CharField(blank=True, max_length=200)),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="file expires at")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created at")),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
            },
        ),
        migrations.CreateModel(
            name="ChannelImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Reading"),
                            ("ready", "Ready"),
                            ("applying", "Applying"),
                            ("done", "Applied"),
                            ("failed", "Failed"),
                            ("discarded", "Discarded"),
                        ],
                        default="reading",
                        max_length=20,
                    ),
                ),
                ("takes_quantities", models.BooleanField(default=False, help_text="Of the Primary Marketplace.")),
                ("message", models.CharField(blank=True, default="", max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="imports", to="inventory_ops.channel"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
            ],
        ),
        migrations.CreateModel(
            name="ChannelImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=200)),
                ("sku", models.CharField(blank=True, max_length=200)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("location_id", models.CharField(blank=True, max_length=200)),
                ("quantity", models.BigIntegerField(null=True)),
                ("price", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("on_hand", models.BigIntegerField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "New"),
                            ("matched", "Matched"),
                            ("conflict", "Conflicting"),
                            ("untracked", "No quantity"),
                            ("linked", "Linked already"),
                            ("unknown", "Not here"),
                            ("duplicate", "Duplicate SKU"),
                            ("bad", "Cannot be taken"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inventory_ops.product",
                    ),
                ),
                (
                    "reading",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="inventory_ops.channelimport",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Destination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("app", "In the app"), ("email", "E-mail"), ("webhook", "Webhook"), ("chat", "Chat")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[("instant", "At once"), ("daily", "Every day"), ("weekly", "Every week")],
                        default="instant",
                        max_length=10,
                        verbose_name="how often",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("address", models.BinaryField(default=b"", help_text="Encrypted; of webhook and chat.")),
                ("signing_key", models.BinaryField(default=b"", help_text="Encrypted; of a webhook.")),
                ("shown_address", models.CharField(blank=True, help_text="The part without secrets.", max_length=100)),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("cursor", models.BigIntegerField(default=0, help_text="Number of the last batch that was looked at.")),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="next digest")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="destinations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "destination",
                "verbose_name_plural": "destinations",
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=50, verbose_name="topic")),
                (
                    "destination",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subscriptions",
                        to="inventory_ops.destination",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=50)),
                ("title", models.CharField(max_length=300)),
                ("text", models.CharField(blank=True, max_length=500)),
                ("url", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("app", "In the app"), ("email", "E-mail"), ("webhook", "Webhook"), ("chat", "Chat")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="destination")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("content", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="next try")),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="error")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "destination",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="inventory_ops.destination",
                    ),
                ),
                (
                    "address",
                    models.EmailField(
                        blank=True,
                        default="",
                        help_text="Of a letter about an account, which no destination filters.",
                        max_length=254,
                        verbose_name="address",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=30, verbose_name="rule")),
                ("subject", models.CharField(blank=True, default="", max_length=50, verbose_name="for")),
                ("values", models.JSONField(verbose_name="new")),
                ("before", models.JSONField(default=dict, verbose_name="old")),
                (
                    "valid_from",
                    models.DateTimeField(
                        blank=True, help_text="Empty: once approved.", null=True, verbose_name="valid from"
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=200, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for a second person"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="proposed at")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="rejected or withdrawn at")),
                ("made_id", models.BigIntegerField(blank=True, help_text="The row that the approval made.", null=True)),
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
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
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
                "verbose_name": "proposal",
                "verbose_name_plural": "proposals",
            },
        ),
    ]
