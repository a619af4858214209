"""Write-offs, the transactions they book, and the double entry underneath. All append-only (see migration 0002)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField, PercentField, RatioField
from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    pass


class Reason(models.TextChoices):
    LOST_INBOUND = "lost_inbound", _("Lost at inbound")
    LOST_WAREHOUSE = "lost_warehouse", _("Lost in the warehouse")
    LOST_DELIVERY = "lost_delivery", _("Lost in delivery")
    LOST_RETURN = "lost_return", _("Lost in the return")
    DAMAGED_WAREHOUSE = "damaged_warehouse", _("Damaged in the warehouse")
    DAMAGED_CARRIER = "damaged_carrier", _("Damaged by the carrier")
    OTHER = "other", _("Other")


class Source(models.TextChoices):
    API = "api", _("API")
    CSV = "csv", _("CSV")
    PAGE = "page", _("Page")


class WriteOff(models.Model):
    """One physical unit that was lost or damaged.

    `uid_key` is upper(NFKC(trim(uid))) and unique forever: whatever the channel, a unit is written off once.
    `number` is also the number of the credit that the write-off books.
    """

    WRITTEN_OFF = "written-off"

    number = models.CharField(_("number"), max_length=20)
    # no indexes of their own: those below and in migration 0003 begin with them
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        "inventory_ops.Product", models.PROTECT, related_name="write_offs", db_constraint=False, db_index=False
    )
    order_item = models.ForeignKey(
        "inventory_ops.OrderItemKey", models.PROTECT, null=True, blank=True, related_name="write_offs", db_index=False
    )
    uid = models.CharField(_("UID"), max_length=64)
    uid_key = models.CharField(max_length=64)
    status = models.CharField(_("status"), max_length=30, default=WRITTEN_OFF)
    reason = models.CharField(_("reason"), max_length=30, choices=Reason.choices, default=Reason.OTHER)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    import_id = models.UUIDField(null=True, blank=True)
    actor = models.CharField(_("actor"), max_length=254, blank=True)
    created_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = OfMerchants["WriteOff"].as_manager()

    class Meta:
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        constraints = [
            # not unique=True on the fields, which would add an index for LIKE to each
            models.UniqueConstraint(fields=["uid_key"], name="write_off_uid_once_for_ever"),
            models.UniqueConstraint(fields=["number"], name="write_off_number_is_unique"),
            models.CheckConstraint(name="write_off_uid_is_printable_ascii", condition=Q(uid__regex=r"^[!-~]{1,64}$")),
            models.CheckConstraint(name="write_off_uid_key_fits_uid", condition=Q(uid_key=Upper(F("uid")))),
            models.CheckConstraint(name="write_off_status_is_known", condition=Q(status="written-off")),
            models.CheckConstraint(name="write_off_reason_is_known", condition=Q(reason__in=Reason.values)),
            models.CheckConstraint(name="write_off_source_is_known", condition=Q(source__in=Source.values)),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="write_off_of_merchant"),
            models.Index(fields=["order_item"], name="write_off_of_order_item", condition=Q(order_item__isnull=False)),
            models.Index(fields=["created_at", "id"], name="write_off_by_time"),
            models.Index(fields=["import_id"], name="write_off_of_import", condition=Q(import_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.uid}"


class WriteOffHour(models.Model):
    """Units written off in an hour, UTC: the sum of its rows, which a trigger keeps.

    A booking adds to a row that no other booking holds, and makes one where there is none: nobody waits for
    somebody else's booking, and an hour has no more rows than there were bookings at once.
    """

    hour = models.DateTimeField()
    units = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["hour"], name="write_off_hour_by_time")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.units}"


class SellerTransaction(models.Model):
    """What a write-off (credit, +) or its reversal (debit, −) changes in what the shop owes the seller.

    It has one line on a statement. Every input of the formula is kept; the database checks that `raw_amount` follows
    from them and that `amount` is raw_amount, at least 0, rounded half up once to `minor_units` digits, with the sign
    of the type.
    """

    class Type(models.TextChoices):
        CREDIT = "credit", "Lost or Damaged Credit"
        DEBIT = "debit", "Lost or Damaged"

    class Formula(models.TextChoices):
        ORDER_ITEM = "order_item", _("Order item")
        PRODUCT = "product", _("Product")

    number = models.CharField(_("number"), max_length=20)
    # the trigger `checked` looks for the write-off, a whole booking at once; it cannot be deleted
    write_off = models.ForeignKey(
        WriteOff, models.PROTECT, related_name="transactions", db_constraint=False, db_index=False
    )
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    minor_units = models.PositiveSmallIntegerField(_("minor units"))
    formula = models.CharField(_("formula"), max_length=12, choices=Formula.choices)
    unit_price = MoneyField(_("unit price"), null=True, help_text=_("Of the order item."))
    commission_amount = MoneyField(_("commission"), null=True, help_text=_("Of the order item."))
    price = MoneyField(_("price"), null=True, help_text=_("Of the product when it was booked."))
    special_price = MoneyField(_("special price"), null=True)
    special_used = models.BooleanField(_("special price in its window"), default=False)
    commission_percent = PercentField(_("commission percent"), null=True)
    commission_category = models.CharField(_("category of the percent"), max_length=200, blank=True, default="")
    factor = RatioField(_("factor"))
    raw_amount = models.DecimalField(_("amount before rounding"), max_digits=38, decimal_places=16)
    warnings = models.JSONField(_("warnings"), default=list)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    actor = models.CharField(_("actor"), max_length=254, blank=True, default="")
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = OfMerchants["SellerTransaction"].as_manager()

    class Meta:
        verbose_name = _("seller transaction")
        verbose_name_plural = _("seller transactions")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="transaction_number_is_unique"),
            models.UniqueConstraint(fields=["write_off", "type"], name="transaction_once_per_write_off_and_type"),
            models.CheckConstraint(
                name="transaction_debit_reverses_a_credit",
                condition=Q(type="credit", reverses__isnull=True) | Q(type="debit", reverses__isnull=False),
            ),
            models.CheckConstraint(name="transaction_factor_is_a_ratio", condition=Q(factor__gte=0) & Q(factor__lte=1)),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="transaction_of_merchant"),
            models.Index(fields=["created_at", "id"], name="transaction_by_time"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def statement(self) -> Any:
        """The Statement that it is on; of many transactions, prefetch `lines__statement`."""
        [line] = self.lines.all()
        return line.statement


class LedgerEntry(models.Model):
    """One side of a transaction: exactly one of debit and credit is above 0; both sides of a transaction are equal."""

    class Account(models.TextChoices):
        EXPENSE = "expense", _("Lost and damaged expense")
        LIABILITY = "liability", _("Liability to the seller")

    # the trigger `balanced` looks for it
    transaction = models.ForeignKey(
        SellerTransaction, models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    account = models.CharField(_("account"), max_length=20, choices=Account.choices)
    debit = MoneyField(_("debit"), default=0)
    credit = MoneyField(_("credit"), default=0)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(fields=["transaction", "account"], name="entry_once_per_transaction_and_account"),
            models.CheckConstraint(
                name="entry_has_exactly_one_side",
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0),
            ),
            models.CheckConstraint(name="entry_account_is_known", condition=Q(account__in=["expense", "liability"])),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.debit or -self.credit}"
