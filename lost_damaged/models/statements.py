"""Account statements: one open per seller and currency, the closed ones frozen (see migration 0002)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField
from lost_damaged.models.write_offs import OfMerchants


class Statement(models.Model):
    """What the shop owes a seller over a period [starts_at, ends_at); amounts are written when it is closed.

    Bookings hold the open statement FOR SHARE, closing takes it FOR UPDATE: every transaction is in exactly one.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    number = models.CharField(_("number"), max_length=20, unique=True)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="statements")
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"), null=True, blank=True, help_text=_("Exclusive."))
    previous = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="next")
    opening_amount = MoneyField(_("opening balance"), default=0)
    orders_amount = MoneyField(_("orders"), null=True)
    credits_amount = MoneyField(_("lost or damaged credit"), null=True)
    credits_count = models.PositiveIntegerField(null=True)
    debits_amount = MoneyField(_("lost or damaged"), null=True)
    debits_count = models.PositiveIntegerField(null=True)
    fees_amount = MoneyField(_("fees"), null=True)
    refunds_amount = MoneyField(_("refunds"), null=True)
    closing_amount = MoneyField(_("closing balance"), null=True)
    payout_amount = MoneyField(_("payout"), null=True)
    closed_by = models.CharField(_("closed by"), max_length=254, blank=True, default="")

    objects = OfMerchants["Statement"].as_manager()

    class Meta:
        verbose_name = _("account statement")
        verbose_name_plural = _("account statements")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "currency"], name="statement_one_open_per_seller", condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="statement_closed_has_amounts",
                condition=Q(state="open", ends_at__isnull=True, closing_amount__isnull=True)
                | Q(state="closed", ends_at__isnull=False, closing_amount__isnull=False),
            ),
            models.CheckConstraint(
                name="statement_adds_up",
                condition=Q(state="open")
                | Q(
                    closing_amount=F("opening_amount")
                    + F("orders_amount")
                    + F("credits_amount")
                    + F("debits_amount")
                    + F("fees_amount")
                    + F("refunds_amount")
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number
