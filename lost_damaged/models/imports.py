"""Finance Import: the file's own facts beside the base's Import record, and its staged rows."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField


class WriteOffFile(models.Model):
    """What Finance Import knows of an uploaded file beyond `inventory_ops.Import`."""

    record = models.OneToOneField(
        "inventory_ops.Import", models.CASCADE, primary_key=True, related_name="write_off_file"
    )
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    header = models.JSONField(default=list, help_text=_("The file's own header."))
    reason = models.CharField(_("reason"), max_length=30, default="other")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Whose limits the booking is judged by."),
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    job = models.ForeignKey("inventory_ops.Job", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("finance import")
        verbose_name_plural = _("finance imports")

    def __str__(self) -> str:
        return str(self.record_id)


class WriteOffRow(models.Model):
    """One row of the file: as written, as read, and the outcome. The state makes booking resumable."""

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        REPEAT = "repeat", _("Already written off")
        ERROR = "error", _("Error")
        WAITS = "waits", _("Waits for a second person")
        BOOKED = "booked", _("Written off")

    # indexed by the constraint and the indexes below; each one more is written again for every row that is booked
    file = models.ForeignKey(WriteOffFile, models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField(_("line"))
    cells = models.JSONField(help_text=_("The row as written."))
    sku = models.CharField(max_length=100, blank=True)
    uid = models.CharField(max_length=64, blank=True)
    uid_key = models.CharField(max_length=64, blank=True)
    shop_item_id = models.CharField(max_length=100, null=True)
    state = models.CharField(max_length=10, choices=State.choices)
    error_code = models.CharField(max_length=10, blank=True)
    error_column = models.CharField(max_length=30, blank=True)
    error_value = models.CharField(max_length=200, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    currency = models.CharField(max_length=3, blank=True)
    estimate = MoneyField(null=True)
    amount = MoneyField(null=True)
    number = models.CharField(max_length=20, blank=True)
    warnings = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "line"], name="write_off_row_line")]
        indexes = [
            models.Index(fields=["file", "id"], name="write_off_row_ready", condition=Q(state="ready")),
            models.Index(fields=["file", "line"], name="write_off_row_error", condition=Q(state="error")),
        ]

    def __str__(self) -> str:
        return f"line {self.line}"
