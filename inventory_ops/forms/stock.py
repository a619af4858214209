"""Forms of manual inventory."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import AdjustmentReason, InventoryType, Location
from inventory_ops.operations.stock import ChangeDetails, Place
from inventory_ops.queries import places

LARGEST = 1_000_000_000


class ChangeDetailsForm(forms.Form):
    """Why stock is changed; `key` is the form's own id, so that a double click books once."""

    default_reason = ""

    reason: Any = forms.ModelChoiceField(
        AdjustmentReason.objects.none(), label=_("Reason"), to_field_name="code", empty_label=_("Choose a reason")
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=500)
    reference = forms.CharField(
        label=_("Reference"), required=False, max_length=200, help_text=_("Order, delivery or ticket number.")
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = AdjustmentReason.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        if self.default_reason:
            self.initial.setdefault("reason", self.default_reason)
        self.initial.setdefault("key", str(uuid.uuid4()))
        self.order_fields([name for name in self.fields if name not in ("reason", "note", "reference")])

    def details(self) -> ChangeDetails:
        cleaned = self.cleaned_data
        return ChangeDetails(
            reason=cleaned["reason"].code,
            note=cleaned["note"],
            reference=cleaned["reference"],
            key=str(cleaned["key"]),
        )


class PlaceForm(forms.Form):
    """Where the units lie; a page that shows one balance fills it in."""

    inventory_type: Any = forms.ModelChoiceField(
        InventoryType.objects.none(), label=_("Inventory type"), to_field_name="code", empty_label=None
    )
    location: Any = forms.ModelChoiceField(
        Location.objects.none(), label=_("Location"), to_field_name="code", empty_label=None
    )
    lot = forms.CharField(label=_("Lot"), required=False, max_length=100)
    expires_on = forms.DateField(
        label=_("Expires on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["inventory_type"].queryset = places.inventory_types(self["inventory_type"].value())  # type: ignore[attr-defined]
        self.fields["location"].queryset = places.locations(self["location"].value())  # type: ignore[attr-defined]

    def place(self, product: Any) -> Place:
        cleaned = self.cleaned_data
        return Place(
            product=product,
            inventory_type=cleaned["inventory_type"].code,
            location=cleaned["location"].code,
            lot=cleaned["lot"],
            expires_on=cleaned["expires_on"],
        )


class AdjustForm(ChangeDetailsForm, PlaceForm):
    """Adjust by a signed number, or set to a counted one; `seen` is what the page showed."""

    verb = forms.ChoiceField(
        label=_("How"),
        choices=[("by", _("Adjust by (+ or −)")), ("to", _("Set to the counted number"))],
        initial="by",
        widget=forms.RadioSelect,
    )
    quantity = forms.IntegerField(
        label=_("Units"),
        min_value=-LARGEST,
        max_value=LARGEST,
        help_text=_("For example 3 or -3; when set to a count, what you counted."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        quantity = cleaned.get("quantity")
        if cleaned.get("verb") == "to" and quantity is not None and quantity < 0:
            self.add_error("quantity", _("A count cannot be below zero: a number typed below zero is a typo."))
        if cleaned.get("verb") == "by" and quantity == 0:
            self.add_error("quantity", _("A change by zero changes nothing."))
        return cleaned


class TypeForm(ChangeDetailsForm, PlaceForm):
    """Move units to another inventory type."""

    default_reason = "damaged"

    quantity = forms.IntegerField(label=_("Units"), min_value=1, max_value=LARGEST)
    to: Any = forms.ModelChoiceField(
        InventoryType.objects.none(),
        label=_("New inventory type"),
        to_field_name="code",
        empty_label=_("Choose a type"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = places.inventory_types()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("to") and cleaned.get("to") == cleaned.get("inventory_type"):
            self.add_error("to", _("The units are of this type already."))
        return cleaned


class ReturnForm(ChangeDetailsForm, PlaceForm):
    """A product that a customer sent back."""

    default_reason = "return"

    quantity = forms.IntegerField(label=_("Units returned"), min_value=1, max_value=LARGEST, initial=1)
    shop_item_id = forms.CharField(
        label=_("Order item shop ID"),
        max_length=100,
        required=False,
        help_text=_("With it, price and commission go back on the seller's statement."),
    )
    condition = forms.ChoiceField(
        label=_("Condition"),
        choices=[("resealable", _("Resealable: back to good stock")), ("defective", _("Not resealable: to defective"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["inventory_type"]

    def place(self, product: Any) -> Place:
        cleaned = self.cleaned_data
        return Place(product, "good", cleaned["location"].code, cleaned["lot"], cleaned["expires_on"])
