"""What taking a product off, or putting it live, asks for."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy


class AvailabilityForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Stands in the product's history, for example “no longer produced”."),
    )
