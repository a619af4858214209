"""Batches of journal lines for NAV (Business Central), frozen when made (see migration 0002)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField


class NavBatch(models.Model):
    """The journal lines of one currency and posting month, as the bytes that were and will be downloaded."""

    class State(models.TextChoices):
        EXPORTED = "exported", _("Exported")
        CONFIRMED = "confirmed", _("Confirmed")
        REJECTED = "rejected", _("Rejected")

    number = models.CharField(_("number"), max_length=20, unique=True)
    currency = models.CharField(_("currency"), max_length=3)
    month = models.DateField(_("posting month"), help_text=_("Its first day."))
    # what was chosen when it was made; empty: everything that waited, each with its own date
    first_day = models.DateField(_("from"), null=True, blank=True)
    last_day = models.DateField(_("to (inclusive)"), null=True, blank=True)
    sellers = models.TextField(_("vendor numbers"), blank=True, default="")
    posting_date = models.DateField(_("posting date"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.EXPORTED)
    csv = models.BinaryField(editable=False)
    json = models.BinaryField(editable=False)
    sha256 = models.CharField(_("SHA-256 of the CSV"), max_length=64)
    line_count = models.PositiveIntegerField(_("lines"))
    debit_amount = MoneyField(_("total debit"))
    credit_amount = MoneyField(_("total credit"))
    posted_number = models.CharField(_("posted as"), max_length=50, blank=True, default="")
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("NAV batch")
        verbose_name_plural = _("NAV batches")
        constraints = [
            models.CheckConstraint(name="nav_batch_is_balanced", condition=Q(debit_amount=F("credit_amount"))),
            models.CheckConstraint(
                name="nav_batch_confirmed_by_second_person",
                condition=~Q(state="confirmed")
                | (Q(decided_by__isnull=False) & (Q(created_by__isnull=True) | ~Q(decided_by=F("created_by")))),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class NavBatchLine(models.Model):
    """That a transaction, or a closed statement, is in a batch; of a rejected batch the lines are no longer active.

    A statement stands for its orders, fees, refunds and adjustments: its credits and debits are transactions.
    """

    batch = models.ForeignKey(NavBatch, models.PROTECT, related_name="lines")
    transaction = models.ForeignKey(
        "lost_damaged.SellerTransaction", models.PROTECT, null=True, blank=True, related_name="nav_lines"
    )
    statement = models.ForeignKey(
        "lost_damaged.Statement", models.PROTECT, null=True, blank=True, related_name="nav_lines"
    )
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction"], name="nav_transaction_in_one_active_batch", condition=Q(active=True)
            ),
            models.UniqueConstraint(
                fields=["statement"], name="nav_statement_in_one_active_batch", condition=Q(active=True)
            ),
            models.CheckConstraint(
                name="nav_line_is_of_one_thing",
                condition=Q(transaction__isnull=False, statement__isnull=True)
                | Q(transaction__isnull=True, statement__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.transaction_id or self.statement_id}"
