"""Forms of lost and damaged. They validate and never save."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.forms.api_tokens import AccountChoice
from inventory_ops.forms.seen import MergedForm
from inventory_ops.models import Merchant, User
from lost_damaged import formula, items
from lost_damaged.errors import ItemError
from lost_damaged.models import FinanceSettings, Reason
from lost_damaged.models.settings import NAV_CODE

CENT = Decimal("0.0001")
if TYPE_CHECKING:
    FinanceSettingsForm = forms.ModelForm[FinanceSettings]
else:  # Django's own class takes no type arguments
    FinanceSettingsForm = forms.ModelForm


class ReverseForm(forms.Form):
    note = forms.CharField(
        label=_("Why it is reversed"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The seller sees it. For example: found at stock count, rack 14."),
    )


class WriteOffForm(forms.Form):
    """One unit, typed by hand."""

    sku = forms.CharField(label=_("SKU"), max_length=100, strip=False)
    uid = forms.CharField(label=_("UID"), max_length=200, help_text=_("The number of the physical unit."))
    shop_item_id = forms.CharField(
        label=_("Order Item Shop ID"), required=False, max_length=30, help_text=_("Only if it was part of an order.")
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=Reason.choices, initial=Reason.LOST_WAREHOUSE)

    FIELDS = {"SKU": "sku", "UID": "uid", "Order Item Shop ID": "shop_item_id"}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                data["item"] = items.of_texts(
                    0, sku=data["sku"], uid=data["uid"], status=items.WRITTEN_OFF, shop_item_id=data["shop_item_id"]
                )
            except ItemError as error:
                self.add_item_error(error)
        return data

    def add_item_error(self, error: ItemError) -> None:
        self.add_error(self.FIELDS.get(error.column), f"{error.message} ({error.code})")


class SettingsForm(MergedForm, FinanceSettingsForm):
    class Meta:
        model = FinanceSettings
        fields = (
            "shop_name",
            "claim_days",
            "claim_answer_days",
            "appeal_days",
            "nav_template",
            "nav_journal",
            "nav_expense_account",
            "nav_shop_dimension",
            "nav_local_currency",
            "nav_statements_from",
            "nav_sales_account",
            "nav_commission_account",
            "nav_adjustment_account",
        )
        widgets = {"nav_statements_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("nav_sales_account", "nav_commission_account", "nav_adjustment_account"):
            if data.get("nav_statements_from") and not data.get(name) and name not in self.errors:
                self.add_error(name, _("Whole statements need this account."))
        return data

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carry([*self.fields])


class SellerField(forms.CharField):
    """A vendor number, in any case; the value is the merchant."""

    def clean(self, value: Any) -> Merchant | None:
        text = super().clean(value)
        if not text:
            return None
        merchant = Merchant.objects.filter(vendor_number__iexact=text).first()
        if merchant is None:
            raise ValidationError(_("There is no seller with this vendor number."))
        return merchant


class ProposalForm(forms.Form):
    """When a proposed change begins, and why."""

    valid_from = forms.DateTimeField(
        label=_("Valid from"),
        required=False,
        help_text=_("Empty: as soon as a second person approves. What is booked already does not change."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    # what is proposed, of the cleaned data
    VALUES: tuple[str, ...] = ()

    def values(self) -> dict[str, str]:
        data = self.cleaned_data
        return {name: "" if data[name] is None else str(data[name]) for name in self.VALUES}

    def subject(self) -> str:
        return ""


class CapsForm(ProposalForm):
    """The limits of one currency, or of all others."""

    VALUES = ("unit_cap", "import_cap", "daily_cap")

    currency = forms.CharField(
        label=_("Currency"),
        required=False,
        max_length=3,
        help_text=_("A code like EUR. Empty: all currencies without caps of their own."),
    )
    unit_cap = forms.DecimalField(label=_("Cap per unit"), max_digits=16, decimal_places=4, min_value=CENT)
    import_cap = forms.DecimalField(label=_("Cap per import or call"), max_digits=16, decimal_places=4, min_value=CENT)
    daily_cap = forms.DecimalField(
        label=_("Cap per person in 24 hours"), max_digits=16, decimal_places=4, min_value=CENT
    )
    field_order = ("currency", "unit_cap", "import_cap", "daily_cap", "valid_from", "note")

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if code:
            try:
                formula.minor_units(code)
            except ValueError:
                raise ValidationError(_("ISO 4217 has no such currency.")) from None
        return code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("import_cap", "daily_cap"):
            if data.get("unit_cap") and data.get(name) and data[name] < data["unit_cap"]:
                self.add_error(name, _("It is lower than the cap per unit."))
        return data

    def subject(self) -> str:
        return str(self.cleaned_data["currency"])


class PeriodForm(ProposalForm):
    """The period lock."""

    VALUES = ("locked_until",)

    locked_until = forms.DateField(
        label=_("Locked until"),
        required=False,
        help_text=_("Nothing is booked up to and including this day (UTC). Empty: no period is locked."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ("locked_until", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["valid_from"]


class FactorForm(ProposalForm):
    """The factor of one seller, or of all others."""

    VALUES = ("factor",)

    merchant = SellerField(
        label=_("Vendor number"), required=False, max_length=50, help_text=_("Empty: the default for all sellers.")
    )
    factor = forms.DecimalField(
        label=_("Factor"),
        max_digits=5,
        decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("From 0 to 1. 1 credits the whole amount."),
    )
    field_order = ("merchant", "factor", "valid_from", "note")


class SellerAccountForm(forms.Form):
    merchant = SellerField(label=_("Vendor number"), max_length=50)
    vendor_no = forms.CharField(label=_("NAV vendor number"), max_length=20, validators=[NAV_CODE])


class ApiKeyForm(forms.Form):
    """A new key, for the viewer's own account or a service account."""

    SIGNED, COMPATIBLE = "signed", "compatible"
    user = AccountChoice(
        label=_("Account"),
        queryset=User.objects.none(),
        help_text=_("Calls are made in its name: yours, or a service account's. Writing off needs the role Finance."),
    )
    name = forms.CharField(label=_("Name of the key"), max_length=60, help_text=_("Where it is used, like “OMS”."))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (SIGNED, _("Signs the body of each call (recommended)")),
            (COMPATIBLE, _("Signs the address alone, as older clients do")),
        ],
        initial=SIGNED,
        help_text=_("The first needs BodySHA256 in each call, so that a signed address fits one body only."),
    )

    def __init__(self, *args: Any, accounts: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, AccountChoice)
        field.queryset = accounts

    @property
    def needs_body_digest(self) -> bool:
        return bool(self.cleaned_data["kind"] == self.SIGNED)


class ServiceAccountForm(forms.Form):
    """An account for a program, with the role of whoever makes it."""

    email = forms.EmailField(
        label=_("UserID"),
        max_length=254,
        help_text=_("In the form of an e-mail address that belongs to nobody else, like oms@example.com."),
    )
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("What the program is, like “Order system”."))


class FinanceImportForm(forms.Form):
    """The upload of a CSV file with units to write off."""

    file = forms.FileField(
        label=_("File"),
        max_length=5000,
        allow_empty_file=True,
        help_text=_("CSV with comma, semicolon, tab or bar; UTF-8 or UTF-16."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=Reason.choices, initial=Reason.OTHER)
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[
            ("", _("As the file says (UTF-8, or UTF-16 with a mark)")),
            ("cp1252", _("Windows-1252 (Western Europe)")),
            ("iso-8859-15", _("ISO 8859-15")),
            ("utf-16-le", _("UTF-16 without a mark (little endian)")),
            ("utf-16-be", _("UTF-16 without a mark (big endian)")),
        ],
    )
    all_or_nothing = forms.BooleanField(label=_("Import nothing if any row fails"), required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            raise ValidationError(
                _("The file is larger than %(size)s MB. Split it.") % {"size": settings.IMPORT_MAX_BYTES // 1024**2}
            )
        return file


class ReconciliationForm(forms.Form):
    """A list of the warehouse system, and the days whose write-offs it should hold."""

    file = forms.FileField(
        label=_("File"),
        max_length=5000,
        help_text=_("CSV with SKU, UID, Status and Order Item Shop ID, as for Finance import."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To (inclusive)"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("From is after To. Swap the two dates."))
        return data
