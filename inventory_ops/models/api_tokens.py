"""Tokens of the JSON API: for a person or a program, with what they may do and until when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token may do, within what its account may do."""

    READ = "read", _("Read lists, findings, trackers and stock")
    FINDINGS = "findings", _("Work on findings")
    TRACKERS = "trackers", _("Make, change and delete trackers")
    STOCK = "stock", _("Adjust and count stock")
    PRODUCTS = "products", _("Change prices, plan flash sales, mark products")


class ApiToken(models.Model):
    """A bearer token. Its text is shown once when it is made; here is its SHA-256.

    It ends with its account, which a trigger sees to, and is never revived.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=60)
    digest = models.BinaryField(unique=True, editable=False)
    hint = models.CharField(_("ends with"), max_length=4)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices), verbose_name=_("scopes"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("Empty: the command line."),
    )
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.CheckConstraint(
                name="api_token_scopes_are_known",
                condition=Q(scopes__contained_by=["read", "findings", "trackers", "stock", "products"]) & ~Q(scopes=[]),
            ),
            models.CheckConstraint(name="api_token_expires_later", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.name} …{self.hint}"
