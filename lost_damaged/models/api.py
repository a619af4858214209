"""API keys and the answers kept for calls that are sent again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import SealedField


class ApiKey(models.Model):
    """A key that signs API calls of a user. Encrypted, since HMAC needs its text; shown once when it is made.

    Its maker is the user, or stands behind a service account; it ends permanently with the account (migration 0011).
    At most two of a user are active (slots 1 and 2), so that one can replace the other without a gap.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    slot = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=60)
    secret = SealedField(editable=False, purpose="lost_damaged.api_key")
    hint = models.CharField(_("ends with"), max_length=4)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("Empty: the command line."),
    )
    created_by = models.CharField(_("made by"), max_length=254)
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    needs_body_digest = models.BooleanField(
        _("calls must sign their body"),
        default=False,
        help_text=_("Each call then carries BodySHA256, so that a signed address cannot be used with another body."),
    )

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "slot"], name="api_key_two_active_per_user", condition=Q(revoked_at__isnull=True)
            ),
            models.CheckConstraint(name="api_key_slot_is_one_or_two", condition=Q(slot__in=[1, 2])),
        ]

    def __str__(self) -> str:
        return f"{self.name} …{self.hint}"


class ApiReply(models.Model):
    """The answer to a call, given again when the same call (user, signature, body) comes again within a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    signature = models.CharField(max_length=64)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=60)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "signature", "body_sha256"], name="api_reply_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="api_reply_by_age")]

    def __str__(self) -> str:
        return f"{self.status} {self.created_at:%Y-%m-%d %H:%M}"


class ApiIntent(models.Model):
    """A call under an `Idempotency-Key` of its sender: claimed before it is carried out, answered afterwards.

    Without an answer it is in flight; when its worker died, the next call takes it over after `LEASE`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    claimed_at = models.DateTimeField(default=timezone.now)
    body = models.TextField(blank=True, default="", help_text=_("Empty: in flight."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="api_intent_once")]
        indexes = [models.Index(fields=["claimed_at"], name="api_intent_by_age")]

    def __str__(self) -> str:
        return f"{self.key} {self.claimed_at:%Y-%m-%d %H:%M}"
