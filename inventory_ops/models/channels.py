"""Channels (marketplaces and shops), what they list, their orders, and what is to be told to them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField, PercentField, SealedField
from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    from inventory_ops.adapters.protocol import OrderLine


class ChannelQuerySet(OfMerchants["Channel"]):
    def active(self) -> ChannelQuerySet:
        """Those that stock is pushed to and orders are read from."""
        return self.filter(state=Channel.State.SYNCED, is_paused=False)


class QuantityRule(models.Model):
    """How much of what is available a channel is told.

    0 if available ≤ `end_when`, else max(min, min(max, floor((available − buffer) × percent))), never below 0.
    """

    buffer = models.PositiveIntegerField(_("buffer"), null=True, blank=True, help_text=_("Units kept back."))
    percent = PercentField(_("percent"), null=True, blank=True, help_text=_("Share of the rest that is offered."))
    min_quantity = models.PositiveIntegerField(
        _("at least"),
        null=True,
        blank=True,
        help_text=_("Offered while anything is available. More than you have risks overselling."),
    )
    max_quantity = models.PositiveIntegerField(
        _("at most"), null=True, blank=True, help_text=_("Never offer more than this.")
    )
    end_when = models.PositiveIntegerField(
        _("end when"), null=True, blank=True, help_text=_("Offer 0 when this many or fewer are available.")
    )

    class Meta:
        abstract = True


class Channel(QuantityRule):
    """One marketplace or shop of one merchant.

    `credentials` are encrypted and never shown again; `options` are the kind's other settings. The health fields say
    how the last exchange went: `failures` in a row, and `blocked_until` by back-off, rate limit or circuit breaker.
    """

    class State(models.TextChoices):
        IMPORTING = "importing", _("Importing")
        SYNCED = "synced", _("Synced")
        RETIRED = "retired", _("Retired")

    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="channels")
    code = models.SlugField(
        _("code"), max_length=20, unique=True, help_text=_("Begins the numbers of its orders here. Cannot be changed.")
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=30)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.IMPORTING)
    is_primary = models.BooleanField(
        _("primary marketplace"), default=False, help_text=_("Its quantities are the ones to start with.")
    )
    primary_retired_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When its role as Primary Marketplace was no longer needed.")
    )
    options = models.JSONField(default=dict, blank=True)
    credentials = SealedField(default=b"", editable=False, purpose="inventory_ops.channel")
    cancel_window = models.DurationField(
        _("cancellation window"),
        default=timedelta(minutes=30),
        help_text=_("A cancellation this soon after the order gives the units back by itself."),
    )
    takes_orders = models.BooleanField(_("take orders"), default=True)
    takes_carts = models.BooleanField(_("take carts"), default=True, db_default=True)
    is_paused = models.BooleanField(_("paused"), default=False)
    pause_reason = models.CharField(max_length=300, blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True, help_text=_("When its catalogue was read that counts."))
    orders_read_until = models.DateTimeField(null=True, blank=True)
    orders_polled_at = models.DateTimeField(_("orders read at"), null=True, blank=True)
    carts_read_until = models.DateTimeField(null=True, blank=True)
    carts_polled_at = models.DateTimeField(_("carts read at"), null=True, blank=True)
    carts_error = models.CharField(max_length=500, blank=True, default="", db_default="")
    pushed_at = models.DateTimeField(_("last sent at"), null=True, blank=True)
    drift_checked_at = models.DateTimeField(_("compared at"), null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, default="")
    last_error_at = models.DateTimeField(null=True, blank=True)
    webhook_token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant"],
                condition=Q(is_primary=True) & ~Q(state="retired"),
                name="channel_is_the_only_primary",
                violation_error_message=_("The merchant has a Primary Marketplace already."),
            ),
            models.CheckConstraint(
                name="channel_role_is_held_or_retired", condition=Q(is_primary=False) | Q(primary_retired_at=None)
            ),
            models.UniqueConstraint(fields=["merchant", "id"], name="channel_merchant_and_id"),
            models.CheckConstraint(name="channel_code_is_given", condition=~Q(code="")),
            models.CheckConstraint(
                name="channel_state_is_known", condition=Q(state__in=["importing", "synced", "retired"])
            ),
            models.CheckConstraint(
                name="channel_min_is_not_above_max",
                condition=Q(min_quantity__isnull=True)
                | Q(max_quantity__isnull=True)
                | Q(min_quantity__lte=F("max_quantity")),
                violation_error_message=_("“At least” is more than “at most”."),
            ),
            models.CheckConstraint(
                name="channel_cancel_window_is_not_negative", condition=Q(cancel_window__gte=timedelta(0))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def primary_state(self) -> str:
        """How far its role as Primary Marketplace is: importing, synced or retired; '' of a channel without it."""
        if self.primary_retired_at is not None:
            return self.State.RETIRED
        return self.state if self.is_primary and self.state != self.State.RETIRED else ""


class ChannelListing(QuantityRule):
    """One product as a channel lists it, with what it was told last.

    `is_due`: something may have to be sent. An intent (`intent_key`, `intent_quantity`) is written before it is
    sent, so that after a crash the channel can be asked the outcome of it; it is empty when the answer is known.
    `there_quantity` is what the channel is known to have: sent, read back or compared last. The rule's fields
    override the channel's.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Unknown")
        REJECTED = "rejected", _("Rejected")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="listings")
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey("inventory_ops.Product", models.PROTECT, related_name="listings", db_constraint=False)
    external_id = models.CharField(_("external id"), max_length=200)
    external_sku = models.CharField(_("external SKU"), max_length=200)
    location_id = models.CharField(_("location there"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.WAITING)
    is_due = models.BooleanField(default=True)
    due_at = models.DateTimeField(default=timezone.now)
    must_send = models.BooleanField(default=False, help_text=_("Send even what was sent before."))
    intent_key = models.UUIDField(null=True, blank=True)
    intent_quantity = models.IntegerField(null=True, blank=True)
    wanted_quantity = models.IntegerField(null=True, blank=True, help_text=_("What the rule gave last."))
    sent_quantity = models.IntegerField(_("quantity sent"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True, default="")
    verify_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Read back then: an older write may have arrived late.")
    )
    imported_quantity = models.IntegerField(_("imported quantity"), null=True, blank=True)
    imported_at = models.DateTimeField(_("imported at"), null=True, blank=True)
    there_quantity = models.IntegerField(_("quantity there"), null=True, blank=True)
    there_at = models.DateTimeField(_("read there at"), null=True, blank=True)

    objects = OfMerchants["ChannelListing"].as_manager()

    class Meta:
        verbose_name = _("channel listing")
        verbose_name_plural = _("channel listings")
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="channel_listing_is_one_per_external_id"),
            models.CheckConstraint(
                name="channel_listing_intent_is_whole",
                condition=Q(intent_key__isnull=True, intent_quantity__isnull=True)
                | Q(intent_key__isnull=False, intent_quantity__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["product", "channel"], name="channel_listing_of_product"),
            models.Index(fields=["channel", "due_at"], name="channel_listing_due", condition=Q(is_due=True)),
            models.Index(
                fields=["channel", "id"], name="channel_listing_in_doubt", condition=Q(intent_key__isnull=False)
            ),
            models.Index(
                fields=["channel", "verify_at"], name="channel_listing_verify", condition=Q(verify_at__isnull=False)
            ),
            models.Index(fields=["-sent_at", "id"], name="channel_listing_newest"),
        ]

    def __str__(self) -> str:
        return self.external_sku


class ChannelChange(models.Model):
    """A listing whose stock changed: written by a trigger in the transaction that changed it, taken by the push."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    listing = models.ForeignKey(ChannelListing, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["channel", "id"], name="channel_change_of_channel")]

    def __str__(self) -> str:
        return f"{self.listing_id}"


class ChannelDay(models.Model):
    """What a channel took on a day (UTC): quantities sent and rejected, rounds that failed, and the longest that a
    quantity waited to be sent."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    sent = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    longest_wait = models.DurationField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="channel_day_is_one")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.day}"


class ChannelImport(models.Model):
    """One reading of a channel's catalogue: previewed, then applied or discarded."""

    class State(models.TextChoices):
        READING = "reading", _("Reading")
        READY = "ready", _("Ready")
        APPLYING = "applying", _("Applying")
        DONE = "done", _("Applied")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="imports")
    state = models.CharField(max_length=20, choices=State.choices, default=State.READING)
    takes_quantities = models.BooleanField(default=False, help_text=_("Of the Primary Marketplace."))
    job = models.ForeignKey("inventory_ops.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    message = models.CharField(max_length=500, blank=True, default="")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(state__in=["reading", "ready", "applying"]),
                name="channel_import_is_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class ChannelImportRow(models.Model):
    """One thing of the catalogue and what would become of it."""

    class Verdict(models.TextChoices):
        NEW = "new", _("New")
        MATCHED = "matched", _("Matched")
        CONFLICT = "conflict", _("Conflicting")
        UNTRACKED = "untracked", _("No quantity")
        LINKED = "linked", _("Linked already")
        UNKNOWN = "unknown", _("Not here")
        DUPLICATE = "duplicate", _("Duplicate SKU")
        BAD = "bad", _("Cannot be taken")

    reading = models.ForeignKey(ChannelImport, models.CASCADE, related_name="rows")
    external_id = models.CharField(max_length=200)
    sku = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300, blank=True)
    location_id = models.CharField(max_length=200, blank=True)
    quantity = models.BigIntegerField(null=True)
    price = MoneyField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    product = models.ForeignKey("inventory_ops.Product", models.SET_NULL, null=True, related_name="+")
    on_hand = models.BigIntegerField(null=True)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reading", "external_id"], name="channel_import_row_is_one_per_id")
        ]
        indexes = [models.Index(fields=["reading", "verdict", "sku"], name="channel_import_row_by_verdict")]

    def __str__(self) -> str:
        return self.sku


class ChannelOrder(models.Model):
    """An order or cart as its channel told it last. `problem` says why it could not be taken as a whole."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="orders")
    external_id = models.CharField(max_length=200)
    number = models.CharField(_("number there"), max_length=100)
    order = models.ForeignKey("inventory_ops.Order", models.PROTECT, null=True, related_name="+")
    raw_state = models.CharField(_("state there"), max_length=100)
    is_open = models.BooleanField(default=True)
    is_cart = models.BooleanField(default=False, db_default=False)
    was_left = models.BooleanField(
        default=False, db_default=False, help_text=_("As a cart, for longer than its store's time-out.")
    )
    digest = models.BinaryField(default=b"", help_text=_("Of what was taken last: the same again is not looked at."))
    problem = models.CharField(max_length=500, blank=True, default="")
    placed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="channel_order_is_one_per_external_id")
        ]
        indexes = [
            models.Index(fields=["channel", "id"], name="channel_order_open", condition=Q(is_open=True)),
            models.Index(fields=["channel", "-placed_at"], name="channel_order_newest"),
            models.Index(fields=["channel", "seen_at"], name="channel_order_cart", condition=Q(is_cart=True)),
        ]

    def __str__(self) -> str:
        return self.number


class ChannelOrderLine(models.Model):
    """A line of it. `open_quantity` is what the channel itself holds for it; `waiting_quantity` was cancelled too
    late to be given back by itself: people decide."""

    SHOP_ITEM_IDS = 7_000_000_000_000  # order item shop ids of channels begin here

    channel_order = models.ForeignKey(ChannelOrder, models.CASCADE, related_name="lines")
    external_id = models.CharField(max_length=200)
    sku = models.CharField(max_length=200, blank=True)
    product = models.ForeignKey(
        "inventory_ops.Product", models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    # the constraint of the database, `channelorderline_item`, sets it to null itself: keys go with their items
    item = models.ForeignKey(
        "inventory_ops.OrderItemKey", models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    shipped_before = models.PositiveIntegerField(
        default=0, help_text=_("Left the shelf before the catalogue was read.")
    )
    cancelled_before = models.PositiveIntegerField(default=0)
    open_quantity = models.PositiveIntegerField(default=0)
    kept_quantity = models.PositiveIntegerField(default=0, help_text=_("Ordered and not cancelled."))
    waiting_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel_order", "external_id"], name="channel_order_line_is_one_per_external_id"
            )
        ]
        indexes = [
            models.Index(fields=["product"], name="channel_order_line_open", condition=Q(open_quantity__gt=0)),
            models.Index(
                fields=["channel_order"], name="channel_order_line_waiting", condition=Q(waiting_quantity__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def shop_item_id(self) -> str:
        return str(self.SHOP_ITEM_IDS + self.pk)

    def since_start(self, line: OrderLine) -> OrderLine:
        """The line without what had happened to it before the catalogue was read."""
        return replace(
            line,
            ordered=line.ordered - self.shipped_before - self.cancelled_before,
            fulfilled=line.fulfilled - self.shipped_before,
        )


class ChannelWebhook(models.Model):
    """A verified message of a channel; it counts once, and its order is read again by the next exchange."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="webhooks")
    delivery_id = models.CharField(max_length=200)
    topic = models.CharField(max_length=100)
    order_id = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "delivery_id"], name="channel_webhook_counts_once")]
        indexes = [
            models.Index(fields=["channel"], name="channel_webhook_waiting", condition=Q(handled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.delivery_id
