"""The form of a saved view's name and readers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory_ops.forms.seen import MergedForm
from inventory_ops.models import SavedView


class ViewForm(MergedForm):
    """Another name or other readers; what they may be is for the operation to say."""

    name = forms.CharField(label=_("Name"), required=False, max_length=1_000, strip=False)
    scope = forms.CharField(label=_("Who sees it"), required=False, max_length=1_000)

    def __init__(self, data: Any, *, view: SavedView) -> None:
        super().__init__(data, initial={"name": view.name, "scope": view.scope})
        self.carry(("name", "scope"))
