"""Administration › Settings › Finance: factors, NAV accounts. Caps are in `limits`."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import RatioField

NAV_CODE = RegexValidator(r"^[A-Za-z0-9._/-]*$", _("Use letters, digits and . _ / - only."))


class FinanceSettings(models.Model):
    """The one row of settings. Read it with `queries.settings.current()`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    shop_name = models.CharField(
        _("shop name"), max_length=30, default="Shop", help_text=_("Shown to sellers, as in “Shop-Id”.")
    )
    locked_until = models.DateField(
        _("locked until"), null=True, blank=True, help_text=_("Nothing is booked up to and including this day (UTC).")
    )
    claim_days = models.PositiveSmallIntegerField(
        _("days for a claim"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("How long after the loss a seller may claim it."),
    )
    claim_answer_days = models.PositiveSmallIntegerField(
        _("days to answer a claim"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Within this time each side answers the other; both are reminded two days before."),
    )
    appeal_days = models.PositiveSmallIntegerField(
        _("days for an appeal"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("How long after a decision a seller may appeal, once."),
    )
    nav_template = models.CharField(_("journal template name"), max_length=10, default="GENERAL", validators=[NAV_CODE])
    nav_journal = models.CharField(_("journal batch name"), max_length=10, default="LOSTDAM", validators=[NAV_CODE])
    nav_expense_account = models.CharField(
        _("expense account"), max_length=20, default="60450", validators=[NAV_CODE], help_text=_("A G/L account.")
    )
    nav_shop_dimension = models.CharField(
        _("shop dimension code"), max_length=20, blank=True, default="", validators=[NAV_CODE]
    )
    nav_local_currency = models.CharField(
        _("local currency"), max_length=3, default="GBP", help_text=_("Its currency code is left blank in NAV files.")
    )

    nav_statements_from = models.DateField(
        _("whole statements from"),
        null=True,
        blank=True,
        help_text=_(
            "Closed statements that end on this day or later go to NAV with their orders, fees, refunds and"
            " adjustments. Empty: NAV gets what is lost and damaged only."
        ),
    )
    nav_sales_account = models.CharField(
        _("sales account"),
        max_length=20,
        blank=True,
        default="",
        validators=[NAV_CODE],
        help_text=_("A G/L account: what customers paid for sellers' items, and refunds."),
    )
    nav_commission_account = models.CharField(
        _("commission account"),
        max_length=20,
        blank=True,
        default="",
        validators=[NAV_CODE],
        help_text=_("A G/L account: commission, and commission returned."),
    )
    nav_adjustment_account = models.CharField(
        _("adjustment account"), max_length=20, blank=True, default="", validators=[NAV_CODE]
    )

    class Meta:
        verbose_name = _("finance settings")
        verbose_name_plural = _("finance settings")
        constraints = [
            models.CheckConstraint(
                name="finance_claim_days_are_some", condition=Q(claim_days__gte=1) & Q(claim_days__lte=3650)
            ),
            models.CheckConstraint(
                name="finance_claim_deadlines_are_some",
                condition=Q(claim_answer_days__range=(1, 365)) & Q(appeal_days__range=(1, 365)),
            ),
            models.CheckConstraint(name="finance_settings_is_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="finance_whole_statements_have_accounts",
                condition=Q(nav_statements_from__isnull=True)
                | ~Q(nav_sales_account="") & ~Q(nav_commission_account="") & ~Q(nav_adjustment_account=""),
            ),
        ]

    def __str__(self) -> str:
        return str(_("finance settings"))


class Factor(models.Model):
    """The factor in force from a moment on: of one seller, or by default (merchant NULL). Append-only.

    Of several from the same moment the newest row counts. One that has not begun can be withdrawn.
    """

    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.PROTECT, null=True, blank=True, related_name="write_off_factors"
    )
    factor = RatioField(_("factor"))
    valid_from = models.DateTimeField(_("valid from"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    created_by = models.CharField(_("set by"), max_length=254, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("write-off factor")
        verbose_name_plural = _("write-off factors")
        constraints = [
            models.CheckConstraint(name="factor_is_a_ratio", condition=Q(factor__gte=0) & Q(factor__lte=1)),
        ]
        indexes = [models.Index(fields=["merchant", "-valid_from", "-id"], name="factor_newest")]

    def __str__(self) -> str:
        return f"{self.factor} from {self.valid_from:%Y-%m-%d}"


class SellerAccount(models.Model):
    """A seller's number in NAV. Without one the seller's journal lines are held."""

    merchant = models.OneToOneField("inventory_ops.Merchant", models.CASCADE, related_name="nav_account")
    vendor_no = models.CharField(_("NAV vendor number"), max_length=20, validators=[NAV_CODE])

    class Meta:
        verbose_name = _("seller account")
        verbose_name_plural = _("seller accounts")
        constraints = [models.CheckConstraint(name="seller_account_is_given", condition=~Q(vendor_no=""))]

    def __str__(self) -> str:
        return self.vendor_no
