"""Forms of exchange rates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.operations.rates import Rate
from inventory_ops.queries import shop

LARGEST_FILE = 20_000_000


def _currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in shop.currencies()]


class RateForm(forms.Form):
    """A rate by hand."""

    base = forms.ChoiceField(label=_("One unit of"), choices=_currencies)
    rate = forms.DecimalField(label=_("is"), max_digits=24, decimal_places=10, min_value=0)
    currency = forms.ChoiceField(label=_("of"), choices=_currencies)
    day = forms.DateField(label=_("On"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"currency": shop.currency(), "day": timezone.now().date()})

    def wanted(self) -> Rate:
        found = self.cleaned_data
        return Rate(found["day"], found["base"], found["currency"], found["rate"])


class BankFileForm(forms.Form):
    """A file of the European Central Bank."""

    file = forms.FileField(
        label=_("File"), help_text=_("eurofxref.csv, eurofxref-hist.csv, their .zip, or eurofxref-daily.xml.")
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than any file of reference rates."))
        return file
