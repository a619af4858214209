"""The audit log: who did what, append-only and chained by hash (see migration 0019). It has no foreign keys."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Security(models.TextChoices):
    """What the security log holds beside the events of SUBJECTS: actions of the audit log about accounts."""

    SIGNED_IN = "security.signed_in", _("Signed in")
    SIGNED_OUT = "security.signed_out", _("Signed out")
    SIGN_IN_FAILED = "security.sign_in_failed", _("Sign-in failed")
    SECOND_FACTOR_FAILED = "security.second_factor_failed", _("Second factor failed")
    CONFIRMED = "security.confirmed", _("Signed in once more")
    LOCKED_OUT = "security.locked_out", _("Locked out for a time")
    PASSWORD_CHANGED = "security.password_changed", _("Password changed")
    PASSWORD_RESET = "security.password_reset", _("Password set by mail")
    FACTOR_ADDED = "security.factor_added", _("Second factor added")
    FACTOR_REMOVED = "security.factor_removed", _("Second factor removed")
    FACTOR_RESET = "security.factor_reset", _("Recovery codes made anew")
    EMAIL_CHANGED = "security.email_changed", _("E-mail changed")
    ROLE_CHANGED = "security.role_changed", _("Role changed")
    DISABLED = "security.disabled", _("Account disabled")
    ENABLED = "security.enabled", _("Account enabled")
    INVITED = "security.invited", _("Invited")
    INVITATION_ACCEPTED = "security.invitation_accepted", _("Invitation accepted")
    RENAMED = "security.renamed", _("Name changed")
    FACTORS_CLEARED = "security.factors_cleared", _("Second factor reset by an administrator")
    ACCOUNT_MADE = "security.account_made", _("Account made")
    USERS_IMPORTED = "security.users_imported", _("Users imported")
    SERVICE_MADE = "security.service_made", _("Service account made")
    SERVICE_TAKEN = "security.service_taken", _("Service account taken over")
    SESSIONS_ENDED = "security.sessions_ended", _("All sessions ended")
    RESEALED = "security.resealed", _("Stored secrets encrypted anew")
    BACKUP_MADE = "security.backup_made", _("Backup made")
    BACKUP_RESTORED = "security.backup_restored", _("Backup restored")
    CART_EMAILS_TAKEN = "security.cart_emails_taken", _("E-mails of abandoned carts taken")
    SESSION_EXPIRED = "security.session_expired", _("Session ended by time")


# The first parts of actions that are in the security log, too: each app writes its own.
SUBJECTS = ("security", "api_key", "factor", "finance_settings", "user_audit", "price_guard")


def is_security(path: str = "action") -> Q:
    """Events of the security log. The index below has the same condition."""
    return reduce(or_, (Q((f"{path}__startswith", f"{subject}.")) for subject in SUBJECTS))


class AuditEvent(models.Model):
    """One thing somebody did. It outlives the user and the object it speaks of."""

    at = models.DateTimeField(_("at"), db_default=Now())
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    actor = models.CharField(
        _("actor"),
        max_length=254,
        blank=True,
        default="",
        help_text=_("'' is the system."),
    )
    action = models.CharField(_("action"), max_length=100, help_text=_("subject.verb, like stock.adjust"))
    subject_type = models.CharField(_("subject type"), max_length=50, blank=True, default="")
    subject_id = models.CharField(_("subject id"), max_length=100, blank=True, default="")
    merchant_id = models.BigIntegerField(null=True)
    summary = models.CharField(_("summary"), max_length=500, blank=True, default="")
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True, default="")
    # which chain it is a link of: as many as there were writers at once, each takes the first that nobody holds
    strand = models.SmallIntegerField(editable=False, db_default=0)
    digest = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_of_subject"),
            models.Index(fields=["-at"], name="audit_newest"),
            models.Index(fields=["-id"], name="audit_of_security", condition=is_security()),
            models.Index(fields=["strand", "-id"], name="audit_end_of_strand"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
