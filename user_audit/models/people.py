"""What we keep about people beside their account: verdicts, protection, tombstones. No row needs the user."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Review(models.Model):
    """Somebody's verdict about an identity; the newest holds until its date."""

    class Verdict(models.TextChoices):
        KEEP = "keep", _("Keep")
        REMOVE = "remove", _("Remove")
        ASK = "ask", _("Ask the owner")

    subject = models.CharField(_("identity"), max_length=300, db_index=True)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    until = models.DateField(_("until"), null=True, blank=True)
    by = models.CharField(_("by"), max_length=254)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("review verdict")
        verbose_name_plural = _("review verdicts")

    def __str__(self) -> str:
        return f"{self.verdict} {self.subject}"


class Protection(models.Model):
    """A platform account or IAM user that no action may touch. Lifted on the command line alone."""

    email = models.CharField(_("e-mail"), max_length=254)
    reason = models.CharField(_("reason"), max_length=200)
    by = models.CharField(_("by"), max_length=254)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("protection")
        verbose_name_plural = _("protections")
        constraints = [models.UniqueConstraint(Lower("email"), name="protection_email_is_unique")]

    def __str__(self) -> str:
        return self.email


class DeletedUser(models.Model):
    """Tombstone of a platform account. The e-mail is kept only as a keyed digest."""

    user_id = models.BigIntegerField(_("former user id"), unique=True)
    email_digest = models.CharField(max_length=64, db_index=True)
    anonymised = models.BooleanField(_("anonymised"), help_text=_("Other rows refer to it, so the row was emptied."))
    deleted_at = models.DateTimeField(_("deleted at"), default=timezone.now)
    by = models.CharField(_("by"), max_length=254)

    class Meta:
        verbose_name = _("deleted user")
        verbose_name_plural = _("deleted users")
        constraints = [
            models.CheckConstraint(name="deleted_user_has_a_digest", condition=~Q(email_digest="")),
        ]

    def __str__(self) -> str:
        return f"#{self.user_id}"
