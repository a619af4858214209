"""Forms of claims. They validate and never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lost_damaged import items
from lost_damaged.errors import ItemError
from lost_damaged.models import Reason


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Any number of files; the value is a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        return [super(ManyFilesField, self).clean(each, initial) for each in data or []]


class ClaimForm(forms.Form):
    """What a seller tells of one unit."""

    sku = forms.CharField(label=_("SKU"), max_length=100)
    uid = forms.CharField(
        label=_("UID"), required=False, max_length=200, help_text=_("The number of the physical unit, if you know it.")
    )
    shop_item_id = forms.CharField(
        label=_("Order Item Shop ID"),
        required=False,
        max_length=items.LONGEST_ITEM_ID,
        empty_value=None,
        help_text=_("Only if it was part of an order."),
    )
    reason = forms.ChoiceField(label=_("What happened"), choices=Reason.choices)
    happened_on = forms.DateField(
        label=_("Happened on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    text = forms.CharField(
        label=_("ClaimDetails"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("When was it handed over, to whom, and what did you see?"),
    )
    evidence = ManyFilesField(
        label=_("Evidence"),
        required=False,
        help_text=_("Delivery note, photographs: at most 5 files of 5 MB each, PDF, PNG or JPEG."),
    )

    def clean_uid(self) -> str:
        return _uid_or_error(self.cleaned_data["uid"])


class AcceptForm(forms.Form):
    """Finance accepts a claim: under which UID the unit is written off."""

    uid = forms.CharField(label=_("UID"), max_length=200, help_text=_("The number of the physical unit."))
    reason = forms.ChoiceField(label=_("Reason"), choices=Reason.choices)
    answer = forms.CharField(
        label=_("Answer to the seller"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    amount = forms.DecimalField(
        label=_("Another amount"),
        required=False,
        max_digits=16,
        decimal_places=4,
        min_value=0,
        help_text=_("Empty: the credit by formula. The difference waits for a second person, as an adjustment."),
    )
    amount_reason = forms.CharField(
        label=_("Why another amount"), required=False, max_length=250, help_text=_("The seller sees it.")
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("amount") is not None and not data.get("amount_reason"):
            self.add_error("amount_reason", _("Say why it is another amount: the seller sees it."))
        if data.get("amount") is None and data.get("amount_reason") and "amount" not in self.errors:
            self.add_error("amount", _("Say which amount, or leave out why."))
        return data

    def clean_uid(self) -> str:
        return _uid_or_error(self.cleaned_data["uid"])


class RejectForm(forms.Form):
    answer = forms.CharField(
        label=_("Why it is rejected"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The seller sees it."),
    )


class SayForm(forms.Form):
    """A message of either side, with evidence."""

    text = forms.CharField(label=_("Message"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    evidence = ManyFilesField(
        label=_("Evidence"),
        required=False,
        help_text=_("At most 5 files of 5 MB each, PDF, PNG or JPEG."),
    )
    asks = forms.BooleanField(
        label=_("The seller has to answer"), required=False, help_text=_("Until then it is the seller's turn.")
    )

    def __init__(self, *args: Any, is_seller: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_seller:
            del self.fields["asks"]


class AppealForm(forms.Form):
    text = forms.CharField(
        label=_("Why the decision is wrong"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SettleForm(forms.Form):
    """The decision of an appeal of an amount."""

    amount = forms.DecimalField(
        label=_("New amount"),
        required=False,
        max_digits=16,
        decimal_places=4,
        min_value=0,
        help_text=_("Empty: the decision is upheld."),
    )
    answer = forms.CharField(label=_("Answer to the seller"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


def _uid_or_error(text: str) -> str:
    if not text:
        return ""
    try:
        return items.uid_of(text)
    except ItemError as error:
        raise ValidationError(f"{error.message} ({error.code})") from None
