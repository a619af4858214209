"""Forms of what is done to products: prices of many, flash sales, marks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.prices import moment_field
from inventory_ops.forms.seen import MergedForm
from inventory_ops.models import ProductMark
from inventory_ops.operations.flash_sales import Sale
from inventory_ops.operations.price_plans import How, Part, PriceChangePlan

MOST = Decimal("999999999")


class PricesOfManyForm(forms.Form):
    """One change for the prices or costs of many products."""

    part = forms.ChoiceField(label=gettext_lazy("What changes"), choices=Part.choices)
    how = forms.ChoiceField(label=gettext_lazy("How"), choices=How.choices)
    amount = forms.DecimalField(
        label=gettext_lazy("Amount or percent"),
        required=False,
        min_value=-MOST,
        max_value=MOST,
        decimal_places=4,
        help_text=gettext_lazy("An amount is in the currency of each product; what is calculated is rounded to it."),
    )
    special_from = moment_field(gettext_lazy("Special price from"))
    special_to = moment_field(gettext_lazy("Special price until"))
    accept_loss = forms.BooleanField(
        label=gettext_lazy("Also change what the price guard warns of"),
        required=False,
        help_text=gettext_lazy("What it blocks stays as it is."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        part, how, amount = cleaned.get("part"), cleaned.get("how"), cleaned.get("amount")
        if how == How.NONE and part and part != Part.SPECIAL:
            self.add_error("how", _("Only a special price can be removed."))
        if how and how != How.NONE and amount is None and "amount" not in self.errors:
            self.add_error("amount", _("Enter the amount or the percent."))
        if how in (How.PERCENT, How.OF_COST) and amount is not None and amount < -100:
            self.add_error("amount", _("At least −100 percent."))
        start, end = cleaned.get("special_from"), cleaned.get("special_to")
        if start and end and start >= end:
            self.add_error("special_to", _("The special price would end before it begins."))
        return cleaned

    @staticmethod
    def plan(values: dict[str, Any]) -> PriceChangePlan:
        """The plan of the cleaned values."""
        return PriceChangePlan(
            Part(values["part"]),
            How(values["how"]),
            values["amount"] or Decimal(0),
            values["special_from"],
            values["special_to"],
        )


class FlashSaleForm(forms.Form):
    """A sale of one or many products."""

    percentage = forms.DecimalField(
        label=gettext_lazy("Percent off the regular price"),
        min_value=Decimal("0.0001"),
        max_value=Decimal(100),
        decimal_places=4,
    )
    starts_at = moment_field(gettext_lazy("Starts at"), help_text=gettext_lazy("Empty: at once."))
    ends_at = moment_field(gettext_lazy("Ends at"), required=True)
    accept_loss = forms.BooleanField(
        label=gettext_lazy("Plan it also where the price guard warns"),
        required=False,
        help_text=gettext_lazy("What it blocks gets no sale."),
    )

    @staticmethod
    def sale(values: dict[str, Any]) -> Sale:
        """The sale of the cleaned values."""
        return Sale(values["percentage"], values["ends_at"], values["starts_at"])


class MarkForm(forms.Form):
    """What is to be done with products, and why."""

    kind = forms.ChoiceField(label=gettext_lazy("Mark for"), choices=ProductMark.Kind.choices)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("For example “no order in 180 days, agreed with the vendor”."),
    )
    until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The last day. Empty: until it is removed."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ProductMarkForm(MarkForm, MergedForm):
    """The mark of one product, with what it is now."""

    def __init__(self, data: Any, *, mark: ProductMark | None) -> None:
        names = tuple(MarkForm.base_fields)
        super().__init__(data, initial={name: getattr(mark, name) for name in names} if mark else {})
        self.carry(names)

    def mark(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in MarkForm.base_fields}
