"""Forms that carry what their page showed, so that two editors do not overwrite each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _


class SeenForm(forms.Form):
    """A form with a hidden field beside each of `carried`: what the page showed in it."""

    carried: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Any, *, now: Mapping[str, str]) -> None:
        shown = {name: now[name] for name in self.carried}
        super().__init__(data, initial=shown | {f"seen_{name}": value for name, value in shown.items()})
        for name in self.carried:
            self.fields[f"seen_{name}"] = forms.CharField(
                widget=forms.HiddenInput, max_length=254, required=False, strip=False
            )

    def wanted(self) -> dict[str, Any]:
        """What was entered in the carried fields."""
        return {name: self.cleaned_data[name] for name in self.carried}

    def shown(self) -> dict[str, Any]:
        """What the page showed in them."""
        return {name: self.cleaned_data[f"seen_{name}"] for name in self.carried}

    def show_conflict(self, now: Mapping[str, str]) -> None:
        """Say beside each field what it is now, keep what was typed, and take the present state as seen."""
        wanted, shown = self.wanted(), self.shown()
        data = cast(QueryDict, self.data).copy()
        self.data = data
        for name in self.carried:
            current, typed = now[name], wanted[name]
            data[f"seen_{name}"] = current
            if current not in (shown[name], typed):
                text = _("Meanwhile somebody changed this to “%(now)s”; you entered “%(typed)s”.")
                self.add_error(name, text % {"now": self.worded(name, current), "typed": self.worded(name, typed)})

    def worded(self, name: str, value: str) -> str:
        """A value as people know it."""
        choices = getattr(self.fields[name], "choices", None) or []
        return str(dict(choices).get(value, value)) or "–"
