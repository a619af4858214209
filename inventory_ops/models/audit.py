"""The audit log: who did what, append-only and chained by hash (see migration 0019). It has no foreign keys."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


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
            models.Index(fields=["strand", "-id"], name="audit_end_of_strand"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
