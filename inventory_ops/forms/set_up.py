"""The form of the set-up page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import User
from inventory_ops.queries import shop


def _timezones() -> list[tuple[str, str]]:
    return [(name, name) for name in shop.timezones()]


def _currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in shop.currencies()]


class SetUpForm(forms.Form):
    """The first administrator, and whose shop this is."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=500,
        help_text=_("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password again"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    shop_name = forms.CharField(label=_("Shop name"), max_length=200)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_timezones, initial="UTC")
    currency = forms.ChoiceField(label=_("Currency"), choices=_currencies, initial=shop.CURRENCY)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        password, again = data.get("password"), data.get("again")
        if password and again and password != again:
            self.add_error("again", _("The two passwords differ. Type the same one twice."))
        if password:
            try:
                validate_password(password, User(email=data.get("email", ""), name=data.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return data
