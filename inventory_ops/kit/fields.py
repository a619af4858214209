"""Fields of forms and filters that offer what fits while somebody types."""

from __future__ import annotations

from django import forms
from django.urls import reverse_lazy


def suggesting(kind: str) -> forms.TextInput:
    """A text field that asks for suggestions of a kind (queries/suggestions.py); without script it is a plain one."""
    return forms.TextInput(attrs={"data-suggest": reverse_lazy("suggest", args=[kind]), "autocomplete": "off"})
