"""Forms that carry what their page showed, so that two editors do not overwrite each other.

Beside each field stands a hidden one with what the page showed in it. What comes back is merged with what is stored
now: a field that the editor left alone takes the stored value, one that nobody else touched takes the typed one. Where
both changed it to different values nothing is saved: the page shows both side by side and keeps what was typed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.widgets import ChoiceWidget
from django.http import QueryDict
from django.utils.translation import gettext as _

PREFIX = "seen_"


def _text(field: forms.Field, value: Any) -> str:
    """A value as the page's control holds it."""
    widget = field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "on" if value not in (None, "", False, "False", "false", "0") else ""
    value = field.prepare_value(value() if callable(value) else value)
    if value is None:
        return ""
    if isinstance(widget, forms.SelectMultiple):
        return json.dumps(sorted(str(each) for each in value))
    if isinstance(widget, ChoiceWidget):
        return str(value)
    text = widget.format_value(value)
    return "" if text is None else str(text).strip().replace("\r\n", "\n")


class MergedForm(forms.Form):
    """A form of something stored. Subclasses call `carry` at the end of `__init__`, when `initial` says what is stored.

    Whoever saves has to be alone with the row meanwhile (views/editing.py), or compares with `initial` again.
    """

    def carry(self, names: Iterable[str]) -> None:
        """Keep these fields apart from what others store in them meanwhile."""
        self.merged_fields = tuple(names)
        self.conflicts: dict[str, str] = {}
        for name in self.merged_fields:
            self.fields[f"{PREFIX}{name}"] = forms.CharField(
                widget=forms.HiddenInput, required=False, strip=False, initial=self._stored(name)
            )
        if self.is_bound:
            self._merge()

    def _stored(self, name: str) -> str:
        field = self.fields[name]
        return _text(field, self.get_initial_for_field(field, name))

    def _typed(self, name: str) -> str:
        field, key = self.fields[name], self.add_prefix(name)
        return _text(field, field.widget.value_from_datadict(self.data, self.files, key))

    def _merge(self) -> None:
        data = cast(QueryDict, self.data).copy()
        for name in self.merged_fields:
            key, stored = self.add_prefix(f"{PREFIX}{name}"), self._stored(name)
            seen = str(data.get(key, stored)).replace("\r\n", "\n")
            typed = self._typed(name)
            if stored not in (seen, typed):
                if typed == seen:
                    self._take(data, name, stored)
                else:
                    self.conflicts[name] = stored
            data[key] = stored
        self.data = data

    def _take(self, data: Any, name: str, stored: str) -> None:
        """Let what is stored stand where the editor changed nothing."""
        key, widget = self.add_prefix(name), self.fields[name].widget
        if isinstance(widget, forms.CheckboxInput) and not stored:
            data.pop(key, None)
        elif isinstance(widget, forms.SelectMultiple):
            data.setlist(key, json.loads(stored or "[]"))
        else:
            data[key] = stored

    def full_clean(self) -> None:
        super().full_clean()
        for name, stored in getattr(self, "conflicts", {}).items():
            text = _("Meanwhile somebody changed this to “%(now)s”; you entered “%(typed)s”.")
            words = {"now": self.worded(name, stored), "typed": self.worded(name, self._typed(name))}
            self.add_error(name, text % words)
        if getattr(self, "conflicts", {}) and NON_FIELD_ERRORS not in self.errors:
            self.add_error(None, _("Somebody else changed this while you edited it. Nothing was saved. "
                                   "Compare both values, then save again."))  # fmt: skip

    def worded(self, name: str, value: str) -> str:
        """A value as people know it."""
        field = self.fields[name]
        if isinstance(field.widget, forms.CheckboxInput):
            return _("Yes") if value else _("No")
        choices = {str(getattr(key, "value", key)): word for key, word in getattr(field, "choices", None) or []}
        return str(choices.get(value, value)) or "–"


class SeenForm(MergedForm):
    """A form of plain texts, which it carries all: `carried` names them, `now` says what is stored."""

    carried: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Any, *, now: Mapping[str, str]) -> None:
        super().__init__(data, initial={name: now[name] for name in self.carried})
        self.carry(self.carried)

    def wanted(self) -> dict[str, Any]:
        """What was entered in the carried fields."""
        return {name: self.cleaned_data[name] for name in self.carried}

    def shown(self) -> dict[str, Any]:
        """What was stored in them when the form was merged."""
        return {name: self.cleaned_data[f"{PREFIX}{name}"] for name in self.carried}

    def show_conflict(self, now: Mapping[str, str]) -> None:
        """Somebody stored something else since the form was merged: say beside each field what it is now."""
        wanted, shown = self.wanted(), self.shown()
        data = cast(QueryDict, self.data).copy()
        self.data = data
        for name in self.carried:
            current, typed = now[name], wanted[name]
            data[f"{PREFIX}{name}"] = current
            if current not in (shown[name], typed):
                text = _("Meanwhile somebody changed this to “%(now)s”; you entered “%(typed)s”.")
                self.add_error(name, text % {"now": self.worded(name, current), "typed": self.worded(name, typed)})
