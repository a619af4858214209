"""Forms of account statements: the cut-off, a payment, the begin of the books, what goes to NAV. They never save."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import Merchant
from lost_damaged.forms import ProposalForm, SellerField
from lost_damaged.formula import minor_units, rounded
from lost_damaged.models import Statement
from lost_damaged.operations.payments import NewPayment
from lost_damaged.queries import settings as finance_settings
from lost_damaged.queries.nav import Choice


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def last_month() -> date:
    """The last day of the month before this one, UTC."""
    return timezone.now().date().replace(day=1) - timedelta(days=1)


class CutOffForm(forms.Form):
    """The last day that the closed statements take in."""

    cut_off = forms.DateField(
        label=_("Last day"),
        widget=day_input(),
        help_text=_("To its end, in the time zone of each seller. What happened later goes to the next statement."),
    )

    def clean_cut_off(self) -> date:
        day: date = self.cleaned_data["cut_off"]
        if not 2000 <= day.year <= 2100:
            raise ValidationError(_("Give a day between 2000 and 2100."))
        if day > timezone.now().date():
            raise ValidationError(_("The day has to be over before its statements are closed."))
        return day


class ConfirmCutOffForm(CutOffForm):
    understood = forms.BooleanField(
        label=_("I have read what is final"), error_messages={"required": _("Confirm that you have read it.")}
    )


class BeginForm(forms.Form):
    day = forms.DateField(
        label=_("First day"),
        widget=day_input(),
        help_text=_(
            "What was shipped since is put on the first statements. What was shipped before was settled elsewhere."
        ),
    )

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not date(2000, 1, 1) <= day <= timezone.now().date():
            raise ValidationError(_("Give a day that is not in the future, nor before 2000."))
        return day


class PaymentForm(forms.Form):
    """What left the bank for a statement, all of the payout or a part of it."""

    amount = forms.DecimalField(label=_("Amount"), max_digits=20, decimal_places=4)
    paid_on = forms.DateField(label=_("Paid on"), widget=day_input())
    reference = forms.CharField(
        label=_("Bank reference"),
        max_length=100,
        help_text=_("Unique for the statement: the same payment is booked once."),
    )

    def payment(self, number: str) -> NewPayment:
        data: dict[str, Any] = self.cleaned_data
        return NewPayment(number, data["amount"], "", data["paid_on"], data["reference"])


class PastForm(forms.Form):
    """The moment at which a statement is looked at, in the viewer's zone."""

    at = forms.DateTimeField(
        label=_("As it was at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_at(self) -> datetime:
        moment: datetime = self.cleaned_data["at"]
        if moment > timezone.now():
            raise ValidationError(_("Choose a moment that has passed."))
        return moment


class ReturnForm(forms.Form):
    """What the bank says of a payment that came back."""

    returned_on = forms.DateField(label=_("Returned on"), widget=day_input())
    reference = forms.CharField(label=_("Bank reference of the return"), max_length=100)
    reason = forms.CharField(
        label=_("Why it came back"), max_length=200, help_text=_("The seller sees it. For example: account closed.")
    )


class AdjustmentForm(ProposalForm):
    """An amount on a seller's open statement; a second person has to approve it."""

    VALUES = ("amount", "currency", "reason")

    merchant = SellerField(label=_("Vendor number"), max_length=50)
    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=20,
        decimal_places=4,
        help_text=_("Above 0 raises what the shop owes the seller, below 0 lowers it."),
    )
    currency = forms.CharField(label=_("Currency"), max_length=3)
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("The seller sees it."))
    field_order = ("merchant", "amount", "currency", "reason", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["valid_from"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["currency"] = (data.get("currency") or "").upper()
        if self.errors:
            return data
        if not Statement.objects.filter(merchant=data["merchant"], currency=data["currency"], state="open").exists():
            self.add_error("currency", _("The seller has no open statement in this currency."))
        elif not data["amount"] or rounded(data["amount"], minor_units(data["currency"])) != data["amount"]:
            self.add_error("amount", _("Give an amount other than 0, in the currency's smallest unit."))
        return data


class SellersField(forms.CharField):
    """Vendor numbers in any case, apart by commas or on lines of their own; the value is the keys of merchants."""

    MOST = 1000

    def clean(self, value: Any) -> list[int]:
        numbers = [each.strip() for each in re.split(r"[,;\r\n]+", super().clean(value)) if each.strip()]
        if len(numbers) > self.MOST:
            raise ValidationError(_("Name at most %(most)s sellers, or none for all.") % {"most": self.MOST})
        wanted = {each.upper() for each in numbers}
        found = {
            number.upper(): pk
            for pk, number in Merchant.objects.annotate(upper=Upper("vendor_number"))
            .filter(upper__in=wanted)
            .values_list("pk", "vendor_number")
        }
        if unknown := sorted(wanted - found.keys()):
            raise ValidationError(
                _("There is no seller with the vendor number %(numbers)s.") % {"numbers": ", ".join(unknown[:5])}
            )
        return sorted(found.values())


class NavChoiceForm(forms.Form):
    """What is exported to NAV: nothing chosen is everything that waits, each with its own date."""

    first = forms.DateField(label=_("From"), required=False, widget=day_input())
    last = forms.DateField(
        label=_("To (inclusive)"),
        required=False,
        widget=day_input(),
        help_text=_("The day of a booking in UTC; of a statement its last day."),
    )
    sellers = SellersField(
        label=_("Vendor numbers"),
        required=False,
        max_length=20_000,
        help_text=_("Apart by commas. Empty: all sellers."),
    )
    posting_date = forms.DateField(
        label=_("Posting date"),
        required=False,
        widget=day_input(),
        help_text=_("Empty: each is posted on its own day. Choose one where that month is closed in NAV."),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("first", "last", "posting_date"):
            if data.get(name) and not 2000 <= data[name].year <= 2100:
                self.add_error(name, _("Give a day between 2000 and 2100."))
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("From is after To. Swap the two dates."))
        locked = finance_settings.current().locked_until
        if locked and data.get("posting_date") and data["posting_date"] <= locked:
            self.add_error(
                "posting_date", _("Choose a later day: %(day)s and before are locked.") % {"day": locked.isoformat()}
            )
        return data

    def choice(self) -> Choice:
        data = self.cleaned_data
        return Choice(data["first"], data["last"], data["sellers"])
