"""Forms of one's own profile and of the shop."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.seen import SeenForm
from inventory_ops.kit.showing import NUMBERS
from inventory_ops.models import User
from inventory_ops.operations.profile import Profile
from inventory_ops.queries import shop
from inventory_ops.queries.shop import Facts

DATE_EXAMPLES = {
    "d_mon_y": gettext_lazy("31 Jan 2026"),
    "dd_mm_y": gettext_lazy("31/01/2026"),
    "dots": gettext_lazy("31.01.2026"),
    "mm_dd_y": gettext_lazy("01/31/2026"),
    "iso": gettext_lazy("2026-01-31"),
}


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in shop.timezones()]


class ProfileForm(SeenForm):
    """Name, zone, language and formats of one's own account."""

    carried = ("name", "time_zone", "language", "date_format", "number_format")

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("Of moments on pages, and of the days of From and To. Trackers keep the merchant's."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    date_format = forms.ChoiceField(
        label=gettext_lazy("Dates"),
        choices=lambda: [("", _("As usual in the language")), *DATE_EXAMPLES.items()],
        required=False,
    )
    number_format = forms.ChoiceField(label=gettext_lazy("Numbers"), required=False)

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, now=asdict(Profile.of(user)))
        usual = shop.facts(user).timezone or "UTC"
        self._offer("time_zone", [("", _("The shop's: %(zone)s") % {"zone": usual}), *_zones()])
        self._offer("language", [("", _("As the browser asks")), *settings.LANGUAGES])
        examples = [(name, f"1{group}234{point}50") for name, (group, point) in NUMBERS.items()]
        self._offer("number_format", [("", _("As usual in the language")), *examples])

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def profile(self) -> Profile:
        return Profile(**self.wanted())

    def seen(self) -> Profile:
        return Profile(**self.shown())


class ShopForm(SeenForm):
    """Whose installation this is."""

    carried = ("name", "timezone", "currency")

    name = forms.CharField(
        label=gettext_lazy("Shop name"), max_length=200, help_text=gettext_lazy("Above the menu, and in mails.")
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=_zones,
        help_text=gettext_lazy("Of people who chose none on their profile."),
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        choices=lambda: [(code, code) for code in shop.currencies()],
        help_text=gettext_lazy("Of new merchants, and of files, where nothing else says which."),
    )

    def __init__(self, data: Any, *, facts: Facts) -> None:
        super().__init__(data, now=asdict(facts))
        if not facts.timezone:  # not set up yet
            self.initial = {**self.initial, "timezone": "UTC", "currency": shop.CURRENCY}

    def facts(self) -> Facts:
        return Facts(**self.wanted())

    def seen(self) -> Facts:
        return Facts(**self.shown())
