"""Notifications: what is worth telling (notices), who wants to know it and where, and what was sent."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField, SealedField

SEAL = "inventory_ops.destination"

if TYPE_CHECKING:
    from inventory_ops.models.users import User


class Notice(models.Model):
    """One thing worth telling, like the opening of a finding. Its key makes sure that it is told once.

    `batch` is given by the dispatcher, one number after the other: destinations remember the last one they were
    told, which is safe only because numbers become visible in their order.
    """

    topic = models.CharField(max_length=50)
    key = models.CharField(max_length=150)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.CASCADE, null=True, related_name="+", db_index=False)
    label = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    value = MoneyField(default=0)
    at = models.DateTimeField(default=timezone.now)
    batch = models.BigIntegerField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="notice_is_told_once")]
        indexes = [
            models.Index(fields=["batch", "topic"], name="notice_by_batch"),
            models.Index(fields=["id"], name="notice_not_dispatched", condition=Q(batch__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.label}"


class Destination(models.Model):
    """Where a person wants to be notified, and how often. Addresses and signing keys are encrypted."""

    class Kind(models.TextChoices):
        APP = "app", _("In the app")
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")
        CHAT = "chat", _("Chat")

    class Frequency(models.TextChoices):
        INSTANT = "instant", _("At once")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="destinations")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    frequency = models.CharField(_("how often"), max_length=10, choices=Frequency.choices, default=Frequency.INSTANT)
    name = models.CharField(_("name"), max_length=60)
    address = SealedField(default=b"", help_text=_("Encrypted; of webhook and chat."), purpose=SEAL)
    signing_key = SealedField(default=b"", help_text=_("Encrypted; of a webhook."), purpose=SEAL)
    shown_address = models.CharField(max_length=100, blank=True, help_text=_("The part without secrets."))
    is_enabled = models.BooleanField(_("enabled"), default=True)
    cursor = models.BigIntegerField(default=0, help_text=_("Number of the last batch that was looked at."))
    next_at = models.DateTimeField(_("next digest"), default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        constraints = [
            models.UniqueConstraint(fields=["user"], name="destination_in_app_is_one", condition=Q(kind="app")),
            models.CheckConstraint(
                name="destination_in_app_is_at_once", condition=~Q(kind="app") | Q(frequency="instant")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A topic that a destination is notified about, of one merchant or of all that its user may see."""

    destination = models.ForeignKey(Destination, models.CASCADE, related_name="subscriptions")
    topic = models.CharField(_("topic"), max_length=50)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["destination", "topic", "merchant"], name="subscription_is_one", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.topic


class Notification(models.Model):
    """One line in a person's bell."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False)
    topic = models.CharField(max_length=50)
    title = models.CharField(max_length=300)
    text = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_newest"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: User | None) -> DeliveryQuerySet:
        """Own deliveries; administrators and the system see all."""
        if user is None or user.has_role("admin"):
            return self
        return self.filter(user=user)

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Not sent yet, their next try has come, and no worker is at them."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self.filter(free, state=Delivery.State.PENDING, next_try_at__lte=now)


class Delivery(models.Model):
    """One message to one destination. Its id is the idempotency key: each try to send it carries the same one."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    destination = models.ForeignKey(Destination, models.SET_NULL, null=True, related_name="deliveries")
    kind = models.CharField(_("kind"), max_length=10, choices=Destination.Kind.choices)
    name = models.CharField(_("destination"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    address = models.EmailField(
        _("address"), blank=True, default="", help_text=_("Of a letter about an account, which no destination filters.")
    )
    content = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    LEASE = timedelta(minutes=2)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["user", "-created_at"], name="delivery_newest"),
            models.Index(fields=["next_try_at"], name="delivery_due", condition=Q(state="pending")),
        ]
        constraints = [
            models.CheckConstraint(
                name="delivery_sent_has_a_time", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.title
