"""Forms of locations and inventory types."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory_ops.forms.seen import SeenForm


class LocationForm(forms.Form):
    """A new location."""

    code = forms.CharField(label=_("Code"), max_length=50, help_text=_("Files and exports use it. It never changes."))
    name = forms.CharField(label=_("Name"), max_length=200, required=False)


class TypeForm(forms.Form):
    """A new inventory type."""

    code = forms.CharField(
        label=_("Code"), max_length=30, help_text=_("Letters a to z, digits, - and _. It never changes.")
    )
    name = forms.CharField(label=_("Name"), max_length=100)
    is_sellable = forms.BooleanField(
        label=_("Sellable: channels draw from it"), required=False, help_text=_("It cannot be changed later.")
    )


class RenameForm(SeenForm):
    """Another name for one that is there."""

    carried = ("name",)

    name = forms.CharField(label=_("Name"), max_length=200, required=False)

    def __init__(self, data: Any, *, name: str, most: int) -> None:
        super().__init__(data, now={"name": name})
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=most, required=False)
