"""The tracker form: merchant, product, type, mechanism and that mechanism's own numbers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.seen import MergedForm
from inventory_ops.kit.numbers import whole
from inventory_ops.models import InventoryType, Merchant, Product, User
from inventory_ops.queries import places
from trackers.mechanisms import CHOICES, MECHANISMS, PARAMETERS, Field
from trackers.models import Tracker


class TrackerForm(MergedForm):
    """Shape of a tracker's rule. Fields of other mechanisms are neither required nor kept."""

    merchant = forms.ModelChoiceField(
        Merchant.objects.none(), label=gettext_lazy("Merchant"), empty_label=gettext_lazy("Choose a merchant")
    )
    product = forms.ModelChoiceField(
        Product.objects.none(),
        label=gettext_lazy("Track product"),
        empty_label=gettext_lazy("Search by SKU or name"),
        help_text=gettext_lazy("Only products of the selected merchant are offered."),
        error_messages={
            "invalid_choice": gettext_lazy(
                "This product was not found. Check that it belongs to the selected merchant, that the search keyword "
                "is correct, and that the product has been created in the system."
            )
        },
    )
    inventory_type = forms.ModelChoiceField(
        InventoryType.objects.none(),
        label=gettext_lazy("Inventory type"),
        empty_label=gettext_lazy("Choose a type"),
        help_text=gettext_lazy("The same product can have different trackers for each inventory type."),
    )
    mechanism = forms.ChoiceField(
        label=gettext_lazy("Tracking mechanism"),
        choices=CHOICES,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, viewer: User, instance: Tracker | None = None, **kwargs: Any) -> None:
        if instance is not None and "initial" not in kwargs:
            names = ("product", "inventory_type", "mechanism", *PARAMETERS)
            initial = {name: getattr(instance, name) for name in names}
            initial |= {"merchant": instance.merchant_id}
            initial |= {f"{instance.mechanism}-{name}": getattr(instance, name) for name in PARAMETERS}
            kwargs["initial"] = initial
        super().__init__(data, **kwargs)
        merchant: Any = self.fields["merchant"]
        merchant.queryset = Merchant.objects.visible_to(viewer).order_by("name")
        self.fixed_merchant: Merchant | None = None
        if instance is not None:
            self.fixed_merchant = instance.merchant
        elif not viewer.sees_all_merchants:
            self.fixed_merchant = viewer.merchant
        if self.fixed_merchant is not None:
            merchant.queryset = Merchant.objects.filter(pk=self.fixed_merchant.pk)
            merchant.initial = self.fixed_merchant.pk
            merchant.required = False
            merchant.disabled = True
            self.initial["merchant"] = self.fixed_merchant.pk
        types: Any = self.fields["inventory_type"]
        types.queryset = places.inventory_types(self["inventory_type"].value())
        chosen = self.merchant_id()
        product: Any = self.fields["product"]
        product.queryset = (
            Product.objects.visible_to(viewer).filter(merchant_id=chosen) if chosen else Product.objects.none()
        )
        # 4,000 options would be slower than a search: the page offers the chosen one, the rest come by type-ahead
        selected = self._plain("product")
        product.choices = [("", product.empty_label)] + [
            (row.pk, f"{row.sku} · {row.name}") for row in product.queryset.filter(pk=selected or 0)
        ]
        for mechanism in MECHANISMS.values():
            for field in mechanism.fields:
                self.fields[f"{mechanism.name}-{field.name}"] = forms.IntegerField(
                    label=field.label,
                    help_text=field.help_text,
                    required=False,
                    min_value=field.least,
                    max_value=field.most,
                    widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": field.least, "step": 1}),
                )
        if instance is not None:
            self.carry(name for name in [*self.fields] if name != "merchant")

    def _plain(self, name: str) -> int | None:
        value = self.data.get(name) if self.is_bound else self.initial.get(name)
        value = getattr(value, "pk", value)
        return whole(value)

    def merchant_id(self) -> int | None:
        """The merchant chosen so far, valid or not."""
        return self.fixed_merchant.pk if self.fixed_merchant else self._plain("merchant")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        mechanism = MECHANISMS.get(cleaned.get("mechanism", ""))
        if mechanism is not None:
            for field in mechanism.fields:
                name = f"{mechanism.name}-{field.name}"
                if field.required and cleaned.get(name) is None and name not in self.errors:
                    self.add_error(
                        name, ValidationError(_("Enter a whole number of %(least)d or more.") % {"least": field.least})
                    )
        for name in list(self.errors):
            if "-" in name and (mechanism is None or not name.startswith(mechanism.name)):
                del self.errors[name]  # what belongs to another mechanism is ignored
        return cleaned

    def numbers(self) -> dict[str, Any]:
        """The chosen mechanism's parameters."""
        mechanism = MECHANISMS[self.cleaned_data["mechanism"]]
        return {field.name: self.cleaned_data.get(f"{mechanism.name}-{field.name}") for field in mechanism.fields}

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Each mechanism with its own fields, for the template."""
        return [
            (mechanism, [self[f"{mechanism.name}-{field.name}"] for field in mechanism.fields])
            for mechanism in MECHANISMS.values()
        ]


class NumbersForm(forms.Form):
    """New numbers for many trackers at once; what is left empty stays as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same: dict[str, list[Field]] = {}
        for mechanism in MECHANISMS.values():
            for field in mechanism.fields:
                same.setdefault(field.name, []).append(field)
        for name, fields in same.items():
            # a number of several mechanisms has to suit each of them
            least, most = max(field.least for field in fields), min(field.most for field in fields)
            widget = forms.NumberInput(attrs={"inputmode": "numeric", "min": least, "step": 1})
            self.fields[name] = forms.IntegerField(
                label=fields[0].label, required=False, min_value=least, max_value=most, widget=widget
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        given = {name: value for name, value in cleaned.items() if value is not None}
        if not self.errors and not given:
            raise ValidationError(_("Enter at least one number."))
        return given
