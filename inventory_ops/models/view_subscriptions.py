"""Who is sent a saved view, how often and where."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ViewSubscription(models.Model):
    """A saved view that a person is sent by mail, or to a chat of theirs (`destination`).

    `next_at` is when it is looked at again: whoever moves it ahead has made the message, and nobody else makes it.
    `digest` and `row_count` are the view's rows when they were last looked at, for those sent on a change.
    """

    class Frequency(models.TextChoices):
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")
        CHANGES = "changes", _("When its rows change")

    CHECKED_EVERY = timedelta(hours=1)  # those sent on a change

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="view_subscriptions")
    view = models.ForeignKey("inventory_ops.SavedView", models.CASCADE, related_name="subscriptions")
    destination = models.ForeignKey("inventory_ops.Destination", models.CASCADE, null=True, related_name="+")
    frequency = models.CharField(_("how often"), max_length=10, choices=Frequency.choices, default=Frequency.DAILY)
    next_at = models.DateTimeField(_("next time"), db_index=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    row_count = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(_("last sent"), null=True)
    problem = models.CharField(max_length=300, blank=True, default="", help_text=_("Why it was not sent."))
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("view by mail or chat")
        verbose_name_plural = _("views by mail or chat")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "view", "destination"], name="view_subscription_is_one", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="view_subscription_frequency_is_known", condition=Q(frequency__in=["daily", "weekly", "changes"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.view} ({self.frequency})"
