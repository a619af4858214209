"""A merchant that a form takes by its vendor number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from inventory_ops.models import Merchant


class OfVendor:
    """Mixin of forms with a text field `vendor`: it cleans to the merchant of that number, or to None when empty."""

    cleaned_data: dict[str, Any]

    def clean_vendor(self) -> Merchant | None:
        number = self.cleaned_data["vendor"].strip()
        if not number:
            return None
        found = Merchant.objects.filter(vendor_number__iexact=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no vendor %(number)s.") % {"number": number})
        return found
