"""Filters of a report: plain django-filter sets whose own form is the interface."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports.scope import FIRST_YEAR, LAST_YEAR, Window, parse_window, window_of_dates

LONGEST_SEARCH = 100
WINDOW_CHOICES = [
    ("7d", _("Last 7 days")),
    ("14d", _("Last 14 days")),
    ("30d", _("Last 30 days")),
    ("60d", _("Last 60 days")),
    ("90d", _("Last 90 days")),
    ("180d", _("Last 180 days")),
    ("365d", _("Last 365 days")),
    ("12m", _("Last 12 months")),
    ("24m", _("Last 24 months")),
]
YES_NO = [("yes", _("Yes")), ("no", _("No"))]


class WindowField(forms.ChoiceField):
    """A preset, or any other number of days or months typed into the address (`45d`)."""

    def valid_value(self, value: Any) -> bool:
        try:
            parse_window(str(value), as_of=datetime(2000, 1, 1))  # noqa: DTZ001  (only the form of the text matters)
        except ValueError:
            return False
        return True


class WindowFilter(django_filters.Filter):
    """The report's window of time. It is applied by `rows()`, which gets it with the scope."""

    field_class = WindowField

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Period"))
        super().__init__(choices=[("", _("Own dates or all")), *WINDOW_CHOICES], **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs


class ScopeFilter(django_filters.ChoiceFilter):
    """A choice that `rows()` reads from the scope's params."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs


class ScopeNumber(django_filters.NumberFilter):
    """A number that `rows()` reads from the scope's params."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs


class ScopeText(django_filters.CharFilter):
    """A text that `rows()` reads from the scope's params."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs


class DayFilter(django_filters.DateFilter):
    """First or last day of the window; applied by `rows()`."""

    def __init__(self, **kwargs: Any) -> None:
        # as those of `as_of`: there is no day before the calendar's first, and none after its last
        kwargs.setdefault("validators", [_sane_year])
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs


def _sane_year(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(_("Use a day of the years %d to %d.") % (FIRST_YEAR, LAST_YEAR))


class YesNoFilter(django_filters.ChoiceFilter):
    """yes / no on a boolean annotation or field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=YES_NO, empty_label=_("Any"), **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs if not value else qs.filter(**{self.field_name: value == "yes"})


class SearchFilter(django_filters.CharFilter):
    """All words of the text have to occur in one of the fields each, in any case."""

    def __init__(self, *, fields: tuple[str, ...], **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Search"))
        super().__init__(max_length=LONGEST_SEARCH, **kwargs)
        self.search_fields = fields

    def filter(self, qs: Any, value: str) -> Any:
        for word in unicodedata.normalize("NFC", value or "").split():
            condition = Q()
            for name in self.search_fields:
                condition |= Q(**{f"{name}__icontains": word})
            qs = qs.filter(condition)
        return qs


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, as shown above the list."""

    label: str
    value: str
    remove_url: str


class _Declared(OrderedDict[str, django_filters.Filter]):
    """Filters as a class declares them. django-filter copies them for each request, down to the words of each choice;
    all that it sets on a copy is whose filter it is."""

    def __deepcopy__(self, memo: Any) -> dict[str, django_filters.Filter]:
        copies = {}
        for name, declared in self.items():
            each = copies[name] = copy(declared)
            if each.method is not None:
                each.method = each.method  # which looks for its function where the copy belongs
        return copies


class _Fields(dict[str, forms.Field]):
    """Fields that all forms of a class share: nothing changes one after it was made."""

    def __deepcopy__(self, memo: Any) -> dict[str, forms.Field]:
        return dict(self)


class ReportFilterSet(django_filters.FilterSet):
    """Base of a report's filters.

    `defaults` hold while a parameter is absent from the address; a parameter that is there but empty means "no
    filter". Values are read with `clean()`, which raises ValidationError; nothing is filtered by a bad value. The
    fields of its form are those of a class of forms that is made once: labels and hints have to be lazy texts, and
    choices that change, callables.
    """

    defaults: ClassVar[Mapping[str, str]] = {}
    _form_class: ClassVar[type[forms.Form] | None] = None

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        return _Declared(super().get_filters())

    def get_form_class(self) -> type[forms.Form]:
        cls = type(self)
        made = cls.__dict__.get("_form_class")
        if made is None:
            made = super().get_form_class()
            made.base_fields = _Fields(made.base_fields)
            cls._form_class = made
        return made

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        given = QueryDict(mutable=True)
        if isinstance(data, QueryDict):
            given = data.copy()
        else:
            for key, value in (data or {}).items():
                given.setlist(key, value if isinstance(value, list) else [value])
        for name, value in self.defaults.items():
            if name not in given and not (name == "window" and (given.get("date_from") or given.get("date_to"))):
                given[name] = value
        super().__init__(given, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Values of all filters. Raises ValidationError with a message for each bad one."""
        form = self.form
        if not form.is_valid():
            messages = [
                f"{form.fields[name].label if name in form.fields else name}: {error}"
                for name, errors in form.errors.items()
                for error in errors
            ]
            raise ValidationError(messages)
        for value in form.cleaned_data.values():
            if isinstance(value, str) and "\x00" in value:
                raise ValidationError([_("A filter contains a NUL character. Remove it.")])
            if isinstance(value, Decimal) and not value.is_finite():
                raise ValidationError([_("Use a plain number.")])
        cleaned: dict[str, Any] = form.cleaned_data
        return cleaned

    @staticmethod
    def window_of(cleaned: Mapping[str, Any], *, as_of: datetime) -> Window | None:
        """The window of time that the values ask for. Raises ValidationError when it ends before it starts."""
        first, last = cleaned.get("date_from"), cleaned.get("date_to")
        if first or last:
            if first and last and first > last:
                raise ValidationError([_("From is after To. Swap the two dates.")])
            return window_of_dates(first, last, as_of=as_of)
        text = cleaned.get("window")
        return parse_window(text, as_of=as_of) if text else None

    def apply(self, rows: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        """`rows` narrowed by every filter that has a value."""
        for name, value in cleaned.items():
            if name in self.filters:
                rows = self.filters[name].filter(rows, value)
        return rows

    def chips(self, params: QueryDict) -> Iterator[Chip]:
        """One chip a filter that has a value, with the address of the list without it."""
        if not self.form.is_valid():
            return
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if value in (None, "", []) or name == "q":
                continue
            rest = params.copy()
            rest.pop("page", None)
            rest.pop("after", None)
            rest.pop("before", None)
            if name in self.defaults:
                rest[name] = ""  # present but empty: the default is off
            else:
                rest.pop(name, None)
            yield Chip(
                label=str(field.label),
                value=_shown(field, value),
                remove_url="?" + rest.urlencode(),
            )


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(value, list | tuple):  # of a multiple choice
        return ", ".join(_shown(field, each) for each in value)
    choices = dict(getattr(field, "choices", []) or [])
    for key, word in choices.items():
        if str(getattr(key, "value", key)) == str(getattr(value, "pk", value)):
            return str(word)
    return str(value)


class WindowedFilterSet(ReportFilterSet):
    """Filters of a report with a window of time: a preset or own dates."""

    window = WindowFilter()
    date_from = DayFilter(label=_("From"))
    date_to = DayFilter(label=_("To (inclusive)"))
