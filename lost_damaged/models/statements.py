"""Account statements and their lines: one open per seller and currency, the closed ones frozen."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models.visibility import OfMerchants
from lost_damaged.models.write_offs import SellerTransaction


class Statement(models.Model):
    """What the shop owes a seller over a period [starts_at, ends_at); amounts are written when it is closed.

    Whoever adds a line holds the open statement FOR SHARE, closing takes it FOR UPDATE: every line is on exactly one.
    `closing` exists within the transaction that closes only; lines after the cut-off leave it for the next one then.
    `paid_amount` is the sum of the payments; with the whole payout paid, the statement is paid. A payment that comes
    back makes it closed again.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")
        PAID = "paid", _("Paid")

    FROZEN = (State.CLOSED, State.PAID)
    NAV_AMOUNTS = ("orders_amount", "fees_amount", "refunds_amount", "fee_refunds_amount", "adjustments_amount")

    number = models.CharField(_("number"), max_length=20, unique=True)
    # the index statement_of_seller begins with it
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="statements", db_index=False)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"), null=True, blank=True, help_text=_("Exclusive."))
    previous = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="next")
    opening_amount = MoneyField(_("opening balance"), default=0)
    orders_amount = MoneyField(_("orders"), null=True)
    orders_count = models.PositiveIntegerField(null=True)
    fees_amount = MoneyField(_("fees"), null=True)
    fees_count = models.PositiveIntegerField(null=True)
    refunds_amount = MoneyField(_("refunds"), null=True)
    refunds_count = models.PositiveIntegerField(null=True)
    fee_refunds_amount = MoneyField(_("commission returned"), null=True)
    fee_refunds_count = models.PositiveIntegerField(null=True)
    credits_amount = MoneyField(_("lost or damaged credit"), null=True)
    credits_count = models.PositiveIntegerField(null=True)
    debits_amount = MoneyField(_("lost or damaged"), null=True)
    debits_count = models.PositiveIntegerField(null=True)
    adjustments_amount = MoneyField(_("adjustments"), null=True)
    adjustments_count = models.PositiveIntegerField(null=True)
    lines_digest = models.DecimalField(max_digits=40, decimal_places=0, null=True, editable=False)
    closing_amount = MoneyField(_("closing balance"), null=True)
    payout_amount = MoneyField(_("payout"), null=True)
    paid_amount = MoneyField(_("paid"), default=0, db_default=0)
    closed_by = models.CharField(_("closed by"), max_length=254, blank=True, default="")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = OfMerchants["Statement"].as_manager()

    class Meta:
        verbose_name = _("account statement")
        verbose_name_plural = _("account statements")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "currency"], name="statement_one_open_per_seller", condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="statement_state_is_known", condition=Q(state__in=["open", "closing", "closed", "paid"])
            ),
            models.CheckConstraint(
                name="statement_closed_has_amounts",
                condition=Q(state="open", ends_at__isnull=True, closing_amount__isnull=True)
                | Q(state="closing", ends_at__isnull=False, closing_amount__isnull=True)
                | Q(
                    state__in=["closed", "paid"],
                    ends_at__isnull=False,
                    closing_amount__isnull=False,
                    payout_amount__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="statement_adds_up",
                condition=Q(state__in=["open", "closing"])
                | Q(
                    closing_amount=F("opening_amount")
                    + F("orders_amount")
                    + F("fees_amount")
                    + F("refunds_amount")
                    + F("fee_refunds_amount")
                    + F("credits_amount")
                    + F("debits_amount")
                    + F("adjustments_amount")
                ),
            ),
            models.CheckConstraint(
                name="statement_paid_is_the_payout",
                condition=Q(state__in=["open", "closing"], paid_amount=0)
                | Q(state="closed", paid_amount__gte=0, payout_amount__gt=F("paid_amount"))
                | Q(state="closed", paid_amount=0, payout_amount=0)
                | Q(state="paid", paid_amount=F("payout_amount"), payout_amount__gt=0),
            ),
        ]
        indexes = [models.Index(fields=["merchant", "starts_at"], name="statement_of_seller")]

    def __str__(self) -> str:
        return self.number

    @property
    def nav_amount(self) -> Decimal:
        """Of a closed one: what goes to NAV with it, which is all but credits and debits."""
        return sum((getattr(self, name) for name in self.NAV_AMOUNTS), Decimal(0))


class StatementMail(models.Model):
    """A person of a seller who wants a mail when a statement is closed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("mail of closed statements")
        verbose_name_plural = _("mails of closed statements")

    def __str__(self) -> str:
        return str(self.user_id)


class StatementLine(models.Model):
    """One amount on one statement: of an order item, a write-off's transaction, or an adjustment.

    Lines are added and never changed. What an order item owes is the sum of its lines: when it changes (another unit
    is shipped, one comes back, the commission was wrong), the difference is the next line of its kind, `sequence`,
    on the statement that is open. See `lost_damaged/sql/statement_lines.sql`, which writes those of order items.
    """

    class Kind(models.TextChoices):
        ORDER = "order", _("Item price")
        FEE = "fee", _("Commission")
        REFUND = "refund", _("Item price refunded")
        FEE_REFUND = "fee_refund", _("Commission returned")
        CREDIT = "credit", "Lost or Damaged Credit"
        DEBIT = "debit", "Lost or Damaged"
        ADJUSTMENT = "adjustment", _("Adjustment")

    OF_ITEMS = (Kind.ORDER, Kind.FEE, Kind.REFUND, Kind.FEE_REFUND)

    # the trigger `checked` looks for it, once a statement; neither can be deleted
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="lines", db_constraint=False, db_index=False)
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    currency = models.CharField(_("currency"), max_length=3)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # order items with lines cannot be deleted: the trigger `lost_damaged_keep_item`
    order_item = models.ForeignKey(
        "inventory_ops.OrderItemKey",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="statement_lines",
        db_constraint=False,
        db_index=False,
    )
    # most lines have none: the constraints below index those that do, and no one-to-one field all
    transaction = models.ForeignKey(
        SellerTransaction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
        related_query_name="line",
        db_constraint=False,
        db_index=False,
    )
    adjustment = models.ForeignKey(
        "lost_damaged.Adjustment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
        related_query_name="line",
        db_index=False,
    )
    sequence = models.PositiveIntegerField(_("sequence"), default=1)
    quantity = models.IntegerField(_("quantity"), default=1)
    unit_amount = MoneyField(_("amount a unit"), null=True)
    amount = MoneyField(_("amount"))
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = OfMerchants["StatementLine"].as_manager()

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [
            models.UniqueConstraint(
                fields=["order_item", "kind", "sequence"],
                name="line_once_per_item_kind_and_sequence",
                condition=Q(order_item__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["transaction"], name="line_once_per_transaction", condition=Q(transaction__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["adjustment"], name="line_once_per_adjustment", condition=Q(adjustment__isnull=False)
            ),
            models.CheckConstraint(
                name="line_is_of_one_thing",
                condition=Q(
                    kind__in=["order", "fee", "refund", "fee_refund"],
                    order_item__isnull=False,
                    transaction__isnull=True,
                    adjustment__isnull=True,
                )
                | Q(
                    kind__in=["credit", "debit"],
                    order_item__isnull=True,
                    transaction__isnull=False,
                    adjustment__isnull=True,
                )
                | Q(kind="adjustment", order_item__isnull=True, transaction__isnull=True, adjustment__isnull=False),
            ),
            models.CheckConstraint(name="line_sequence_begins_with_one", condition=Q(sequence__gte=1)),
        ]
        indexes = [models.Index(fields=["statement", "occurred_at", "id"], name="line_of_statement")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"


class StatementTotal(models.Model):
    """Lines of one kind on a statement: the sum of its rows, which a trigger keeps as lines are added and moved.

    See `lost_damaged/sql/statement_totals.sql`. Closing freezes them; `verify_ledger` compares them with the lines.
    """

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="totals", db_constraint=False, db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=StatementLine.Kind.choices)
    amount = MoneyField(_("amount"))
    lines = models.BigIntegerField(_("lines"))
    digest = models.DecimalField(max_digits=40, decimal_places=0)

    class Meta:
        indexes = [models.Index(fields=["statement", "kind"], name="total_of_statement")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Adjustment(models.Model):
    """An amount that people agreed on, outside orders and write-offs: + raises what the shop owes. Append-only."""

    number = models.CharField(_("number"), max_length=20)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+")
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("amount"))
    reason = models.CharField(_("reason"), max_length=300)
    # who asked and who approved; none of those that a migration made
    proposal = models.OneToOneField(
        "inventory_ops.Proposal", models.PROTECT, null=True, blank=True, related_name="adjustment"
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = OfMerchants["Adjustment"].as_manager()

    class Meta:
        verbose_name = _("adjustment of a statement")
        verbose_name_plural = _("adjustments of statements")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="adjustment_number_is_unique"),
            models.CheckConstraint(name="adjustment_is_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(name="adjustment_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return self.number


class Payment(models.Model):
    """Money that left the bank for a statement; several may pay one in parts. Append-only.

    The bank's reference is unique for a seller's statement: told twice, a payment is booked once. One that came back
    is reversed by a payment below 0 of the same amount, with the reason.
    """

    class Source(models.TextChoices):
        PAGE = "page", _("Page")
        CSV = "csv", _("CSV")
        API = "api", _("API")

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="payments")
    amount = MoneyField(_("amount"))
    paid_on = models.DateField(_("paid on"))
    reference = models.CharField(_("bank reference"), max_length=100)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name=_("reverses")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    actor = models.CharField(_("actor"), max_length=254, blank=True, default="")
    created_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["statement", "reference"], name="payment_once_per_reference"),
            models.CheckConstraint(
                name="payment_is_above_zero_or_reverses_one",
                condition=Q(amount__gt=0, reverses__isnull=True)
                | (Q(amount__lt=0, reverses__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(name="payment_has_a_reference", condition=~Q(reference="")),
            models.CheckConstraint(name="payment_source_is_known", condition=Q(source__in=["page", "csv", "api"])),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount}"
