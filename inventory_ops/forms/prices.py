"""Forms of prices and of the rule that guards them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.seen import MergedForm
from inventory_ops.forms.vendors import OfVendor
from inventory_ops.kit.fields import suggesting
from inventory_ops.models import PriceGuard, Product
from inventory_ops.operations.prices import FIELDS, Prices, version
from inventory_ops.queries.currencies import DIGITS

MOMENT = "%Y-%m-%dT%H:%M"


def moment_field(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateTimeField:
    """A day and a time, in the viewer's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(
        label=label, required=required, help_text=help_text, widget=widget, input_formats=[MOMENT, f"{MOMENT}:%S"]
    )


def _money(label: Any, *, required: bool = False, least: Decimal = Decimal(0)) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=required, min_value=least, max_digits=16, decimal_places=4, localize=False
    )


class PricesForm(MergedForm):
    """Price, special price and cost of a product."""

    price = _money(gettext_lazy("Price"), required=True)
    special_price = _money(gettext_lazy("Special price"), least=Decimal("0.0001"))
    special_from = moment_field(gettext_lazy("Special price from"))
    special_to = moment_field(gettext_lazy("Special price until"))
    cost = _money(gettext_lazy("Cost of goods"))
    accept_loss = forms.BooleanField(label=gettext_lazy("Save although it sells at a loss"), required=False)

    def __init__(self, data: Any, *, product: Product) -> None:
        initial = {name: getattr(product, name) for name in FIELDS}
        for name in ("price", "special_price", "cost"):
            if initial[name] is not None:
                initial[name] = f"{initial[name].normalize():f}"
        for name in ("special_from", "special_to"):  # to the minute, as the field shows it
            if initial[name] is not None:
                initial[name] = initial[name].replace(second=0, microsecond=0)
        super().__init__(data, initial=initial)
        self.product = product
        self.digits = DIGITS.get(product.merchant.currency, 2)
        self.currency = product.merchant.currency
        del self.fields["accept_loss"]
        self.seen = version(product)
        self.carry(FIELDS)

    def ask_to_accept(self) -> None:
        """Offer to go on after a warning."""
        self.fields["accept_loss"] = type(self).base_fields["accept_loss"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("price", "special_price", "cost"):
            value = cleaned.get(name)
            if value is not None and name in self.changed_data and value != round(value, self.digits):
                text = _("%(currency)s has %(n)d decimals.") % {"currency": self.currency, "n": self.digits}
                self.add_error(name, text)
        start, end = cleaned.get("special_from"), cleaned.get("special_to")
        if start and end and start >= end:
            self.add_error("special_to", _("The special price would end before it begins."))
        return cleaned

    def prices(self) -> Prices:
        """What was typed; what was left alone stays exactly as it is."""
        changed = {name: self.cleaned_data[name] for name in FIELDS if name in self.changed_data}
        return Prices(**{name: getattr(self.product, name) for name in FIELDS} | changed)


class GuardForm(OfVendor, forms.Form):
    """The rule of one vendor, or of all others."""

    vendor = forms.CharField(
        label=gettext_lazy("Vendor number"),
        required=False,
        max_length=50,
        widget=suggesting("vendor"),
        help_text=gettext_lazy("Leave empty for all vendors without a rule of their own."),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Rule"), choices=PriceGuard.Mode.choices, widget=forms.RadioSelect)
    valid_from = forms.DateTimeField(
        label=gettext_lazy("Valid from"),
        required=False,
        help_text=gettext_lazy("Empty: as soon as a second person approves."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("mode") == PriceGuard.Mode.DEFAULT and "vendor" in cleaned and cleaned["vendor"] is None:
            self.add_error("mode", _("The rule for all vendors cannot refer to itself."))
        return cleaned
