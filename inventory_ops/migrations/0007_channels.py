"""Channels, and the triggers that note which listings a change of stock is about."""

import datetime
import uuid
from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import inventory_ops.kit.db.fields

COMPOSITE_KEYS = """
alter table inventory_ops_channellisting add constraint channellisting_product_of_merchant
    foreign key (merchant_id, product_id) references inventory_ops_product (merchant_id, id)
    deferrable initially deferred;
alter table inventory_ops_channellisting add constraint channellisting_channel_of_merchant
    foreign key (merchant_id, channel_id) references inventory_ops_channel (merchant_id, id)
    on delete cascade deferrable initially deferred;
"""

# Rows are only ever added here, never changed: writers of stock do not wait for the push, nor for each other.
TRIGGERS = """
create function inventory_ops_note_stock_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into inventory_ops_channelchange (channel_id, listing_id)
        select l.channel_id, l.id from (select distinct product_id from changed) n
        join inventory_ops_channellisting l on l.product_id = n.product_id
        join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    else
        insert into inventory_ops_channelchange (channel_id, listing_id)
        select l.channel_id, l.id
        from (select distinct n.product_id from changed n join before o on o.id = n.id
              where n.on_hand - n.allocated <> o.on_hand - o.allocated) n
        join inventory_ops_channellisting l on l.product_id = n.product_id
        join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    end if;
    return null;
end $$;

create trigger channels_note_insert after insert on inventory_ops_stockbalance
    referencing new table as changed for each statement execute function inventory_ops_note_stock_change();
create trigger channels_note_update after update on inventory_ops_stockbalance
    referencing old table as before new table as changed
    for each statement execute function inventory_ops_note_stock_change();
"""

TRIGGERS_BACK = """
drop trigger channels_note_insert on inventory_ops_stockbalance;
drop trigger channels_note_update on inventory_ops_stockbalance;
drop function inventory_ops_note_stock_change;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0006_notifications"),
    ]

    operations = [
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
            ],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
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
            ],
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
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True), models.Q(("state", "retired"), _negated=True)),
                fields=("merchant",),
                name="channel_is_the_only_primary",
                violation_error_message="The merchant has a Primary Marketplace already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="channel_merchant_and_id"),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(("code", ""), _negated=True), name="channel_code_is_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["importing", "synced", "retired"])), name="channel_state_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_quantity__isnull", True),
                    ("max_quantity__isnull", True),
                    ("min_quantity__lte", models.F("max_quantity")),
                    _connector="OR",
                ),
                name="channel_min_is_not_above_max",
                violation_error_message="“At least” is more than “at most”.",
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(("cancel_window__gte", datetime.timedelta(0))),
                name="channel_cancel_window_is_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelimport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["reading", "ready", "applying"])),
                fields=("channel",),
                name="channel_import_is_one_at_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="channelimportrow",
            index=models.Index(fields=["reading", "verdict", "sku"], name="channel_import_row_by_verdict"),
        ),
        migrations.AddConstraint(
            model_name="channelimportrow",
            constraint=models.UniqueConstraint(
                fields=("reading", "external_id"), name="channel_import_row_is_one_per_id"
            ),
        ),
        migrations.AddIndex(
            model_name="channellisting",
            index=models.Index(fields=["product", "channel"], name="channel_listing_of_product"),
        ),
        migrations.AddIndex(
            model_name="channellisting",
            index=models.Index(
                condition=models.Q(("is_due", True)), fields=["channel", "due_at"], name="channel_listing_due"
            ),
        ),
        migrations.AddIndex(
            model_name="channellisting",
            index=models.Index(
                condition=models.Q(("intent_key__isnull", False)),
                fields=["channel", "id"],
                name="channel_listing_in_doubt",
            ),
        ),
        migrations.AddIndex(
            model_name="channellisting",
            index=models.Index(
                condition=models.Q(("verify_at__isnull", False)),
                fields=["channel", "verify_at"],
                name="channel_listing_verify",
            ),
        ),
        migrations.AddIndex(
            model_name="channellisting",
            index=models.Index(fields=["-sent_at", "id"], name="channel_listing_newest"),
        ),
        migrations.AddConstraint(
            model_name="channellisting",
            constraint=models.UniqueConstraint(
                fields=("channel", "external_id"), name="channel_listing_is_one_per_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="channellisting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("intent_key__isnull", True), ("intent_quantity__isnull", True)),
                    models.Q(("intent_key__isnull", False), ("intent_quantity__isnull", False)),
                    _connector="OR",
                ),
                name="channel_listing_intent_is_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="channelchange",
            index=models.Index(fields=["channel", "id"], name="channel_change_of_channel"),
        ),
        migrations.AddIndex(
            model_name="channelorder",
            index=models.Index(
                condition=models.Q(("is_open", True)), fields=["channel", "id"], name="channel_order_open"
            ),
        ),
        migrations.AddIndex(
            model_name="channelorder",
            index=models.Index(fields=["channel", "-placed_at"], name="channel_order_newest"),
        ),
        migrations.AddConstraint(
            model_name="channelorder",
            constraint=models.UniqueConstraint(
                fields=("channel", "external_id"), name="channel_order_is_one_per_external_id"
            ),
        ),
        migrations.AddIndex(
            model_name="channelorderline",
            index=models.Index(
                condition=models.Q(("open_quantity__gt", 0)), fields=["product"], name="channel_order_line_open"
            ),
        ),
        migrations.AddIndex(
            model_name="channelorderline",
            index=models.Index(
                condition=models.Q(("waiting_quantity__gt", 0)),
                fields=["channel_order"],
                name="channel_order_line_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelorderline",
            constraint=models.UniqueConstraint(
                fields=("channel_order", "external_id"), name="channel_order_line_is_one_per_external_id"
            ),
        ),
        migrations.AddIndex(
            model_name="channelwebhook",
            index=models.Index(
                condition=models.Q(("handled_at__isnull", True)), fields=["channel"], name="channel_webhook_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="channelwebhook",
            constraint=models.UniqueConstraint(fields=("channel", "delivery_id"), name="channel_webhook_counts_once"),
        ),
        migrations.RunSQL(COMPOSITE_KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, TRIGGERS_BACK),
    ]
