"""Forms of people's accounts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.seen import SeenForm
from inventory_ops.models import Merchant, User
from inventory_ops.models.users import Role
from inventory_ops.operations.person import Details

LONGEST_PASSWORD = 128  # a longer one costs the hasher time, and nobody types it


class DetailsForm(forms.Form):
    """Name, role and merchant of an account."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, required=False)
    vendor_number = forms.CharField(
        label=gettext_lazy("Vendor number"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("Of the merchant whose rows the person sees. Only for the role Merchant."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        number = cleaned.get("vendor_number", "")
        is_merchant = cleaned.get("role") == Role.MERCHANT
        if is_merchant and not number:
            self.add_error("vendor_number", _("Enter the vendor number of the person's merchant."))
        elif number and not is_merchant:
            self.add_error("vendor_number", _("Only the role Merchant goes with a vendor number: leave it empty."))
        elif number and not Merchant.objects.filter(vendor_number=number).exists():
            self.add_error("vendor_number", _("There is no merchant with this number."))
        return cleaned

    def details(self) -> Details:
        data = self.cleaned_data
        return Details(data["name"], data["role"], data["vendor_number"])


class InviteForm(DetailsForm):
    """A new account."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    field_order = ("email", "name", "role", "vendor_number")


class PersonForm(SeenForm, DetailsForm):
    """An account that is there."""

    carried = ("name", "role", "vendor_number")

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, now=asdict(Details.of(user)))

    def seen(self) -> Details:
        return Details(**self.shown())


class EmailForm(forms.Form):
    """Another identity."""

    email = forms.EmailField(label=gettext_lazy("New e-mail"), max_length=254)


class AcceptForm(forms.Form):
    """The invited person's name and password."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=LONGEST_PASSWORD,
        strip=False,
    )
    password2 = forms.CharField(
        label=gettext_lazy("Password once more"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=LONGEST_PASSWORD,
        strip=False,
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, initial={"name": user.name})
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords are not the same."))
        elif first:
            try:
                password_validation.validate_password(first, self.user)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return cleaned
