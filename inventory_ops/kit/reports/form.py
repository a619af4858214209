"""The filter form as HTML.

Django renders a widget through a template engine of its own, a millisecond a field; a filter bar has ten, on every
page. What is drawn here is what `components/field.html` with Django's widgets gives (a test compares both); a widget
unknown here is left to Django.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.choices import CallableChoiceIterator
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from inventory_ops.kit import kept, markup
from inventory_ops.kit.markup import escape

INPUTS = frozenset({"text", "number", "date"})


def fields(form: forms.Form, *, of: type) -> SafeString:
    """All visible fields with label, hint and error; `of` is the class of filters whose form it is."""
    return mark_safe("".join([_kept(of, bound) for bound in form.visible_fields()]))


def _kept(of: type, bound: BoundField) -> str:
    """A field as it was drawn before with the same value, label and hint, in the same language: a hint may name the
    shop's currency. Those with errors, and those whose choices may change, are drawn each time."""
    choices: Any = getattr(bound.field, "choices", ())
    changes = isinstance(getattr(choices, "choices", choices), CallableChoiceIterator)
    if changes or isinstance(bound.field, forms.ModelChoiceField) or bound.errors:
        return _field(bound)
    texts = (str(bound.label), str(bound.help_text))
    key = (of, bound.name, kept.exact(bound.value()), get_language(), texts)
    return _fields.get(key, lambda: _field(bound))


_fields: kept.Shelf[str] = kept.Shelf(2_000)


def _field(bound: BoundField) -> str:
    errors = bound.errors
    wrong = " has-error" if errors else ""
    label = f'<label for="{escape(bound.id_for_label)}">{escape(bound.label)}</label>'
    return f'<div class="field{wrong}">{label}{_widget(bound)}{_notes(bound, errors)}</div>'


def _notes(bound: BoundField, errors: Any) -> str:
    auto_id = escape(bound.auto_id)
    notes = f'<div class="field-hint" id="{auto_id}_helptext">{bound.help_text}</div>' if bound.help_text else ""
    if errors:
        icon = markup.icon("alert-circle", None, 14)
        text = " ".join([escape(error) for error in errors])
        notes += f'<div class="field-error" id="{auto_id}_error">{icon}<span>{text}</span></div>'
    return notes


def _widget(bound: BoundField) -> str:
    widget: Any = bound.field.widget
    kind = getattr(widget, "input_type", None)
    if kind not in INPUTS and type(widget) is not forms.Select:
        return str(bound)
    attrs = bound.build_widget_attrs({}, widget)
    if bound.auto_id and "id" not in widget.attrs:
        attrs.setdefault("id", bound.auto_id)
    attrs = widget.build_attrs(widget.attrs, attrs)
    if kind in INPUTS:
        value = widget.format_value(bound.value())
        shown = f' value="{escape(value)}"' if value not in (None, "") else ""
        return f'<input type="{kind}" name="{escape(bound.html_name)}"{shown}{_attributes(attrs)}>'
    chosen = {str(value) for value in widget.format_value(bound.value())}
    return f'<select name="{escape(bound.html_name)}"{_attributes(attrs)}>{_options(widget, chosen)}</select>'


def _options(widget: forms.Select, chosen: set[str]) -> str:
    return "".join(
        [
            f'<option value="{escape(text)}"{" selected" if text in chosen else ""}>{escape(label)}</option>'
            for text, label in [("" if value is None else str(value), label) for value, label in widget.choices]
        ]
    )


def _attributes(attrs: Mapping[str, Any]) -> str:
    return "".join(
        [
            f" {name}" if value is True else f' {name}="{escape(value)}"'
            for name, value in attrs.items()
            if value is not False and value is not None
        ]
    )
