"""What was imported: file, state, counts, and each refused row."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    """One uploaded or loaded file."""

    class State(models.TextChoices):
        ASKING = "asking", _("Has questions")
        CHECKING = "checking", _("Checking")
        CHECKED = "checked", _("Checked")
        APPLYING = "applying", _("Applying")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=50)
    file_name = models.CharField(_("file"), max_length=255)
    stored_name = models.CharField(max_length=100, blank=True, help_text=_("Random name below the files folder."))
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.CHECKING)
    all_or_nothing = models.BooleanField(_("import nothing if any row fails"), default=False)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_new = models.PositiveIntegerField(_("new"), default=0)
    rows_changed = models.PositiveIntegerField(_("changed"), default=0)
    rows_unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rows_failed = models.PositiveIntegerField(_("failed"), default=0)
    rows_warned = models.PositiveIntegerField(_("with warnings"), default=0)
    message = models.TextField(_("message"), blank=True)
    format = models.CharField(_("format"), max_length=50, blank=True, help_text=_("The foreign layout it is of."))
    answers = models.JSONField(default=dict, blank=True, help_text=_("What was answered about the file, by its name."))
    details = models.JSONField(default=dict, blank=True, help_text=_("What was found, for the page."))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["-created_at"], name="import_newest")]
        constraints = [
            models.CheckConstraint(
                name="import_finished_has_a_time",
                condition=~Q(state__in=["done", "failed", "discarded"]) | Q(finished_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.file_name}"


class ImportMapping(models.Model):
    """What somebody answered about files of one header, for the next file of it."""

    signature = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the header's names, sorted."))
    headers = models.JSONField(help_text=_("The header as written."))
    format = models.CharField(_("format"), max_length=50, blank=True)
    answers = models.JSONField(default=dict)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now)

    class Meta:
        verbose_name = _("import mapping")
        verbose_name_plural = _("import mappings")

    def __str__(self) -> str:
        return self.format or ", ".join(self.headers)[:100]


class RowRemark(models.Model):
    """One thing to say about one row of an import."""

    file = models.CharField(_("file"), max_length=255, blank=True, help_text=_("Where an import has several."))
    line = models.PositiveIntegerField(_("line"), help_text=_("Physical line in the file, the header is line 1."))
    column = models.CharField(_("column"), max_length=100, blank=True)
    value = models.CharField(_("value"), max_length=200, blank=True)
    code = models.CharField(_("code"), max_length=30, blank=True)
    message = models.CharField(_("message"), max_length=500)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class ImportRowError(RowRemark):
    """One thing wrong with one row of an import, which was refused for it."""

    job = models.ForeignKey(Import, models.CASCADE, related_name="errors", db_column="import_id")

    class Meta:
        indexes = [models.Index(fields=["job", "line"], name="import_error_by_line")]


class ImportRowWarning(RowRemark):
    """One thing to look at in one row of an import, which was taken all the same."""

    job = models.ForeignKey(Import, models.CASCADE, related_name="warnings", db_column="import_id")

    class Meta:
        indexes = [models.Index(fields=["job", "line"], name="import_warning_by_line")]
