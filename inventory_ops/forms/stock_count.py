"""The sheet of a stock count: lines that travel with the form, so that a scanner, a list and a person fill one page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.stock import LARGEST, ChangeDetailsForm
from inventory_ops.kit.numbers import whole
from inventory_ops.models import InventoryType, Location, Product, User
from inventory_ops.operations.stock import Count, Moved, Place
from inventory_ops.queries import places

MOST_LINES = 300  # three fields a line stay below Django's limit for one form


class CountForm(ChangeDetailsForm):
    """Which stock is counted, and why. The lines of the sheet are not its fields: see `Sheet`."""

    default_reason = "count"

    inventory_type: Any = forms.ModelChoiceField(
        InventoryType.objects.none(), label=gettext_lazy("Inventory type"), to_field_name="code", empty_label=None
    )
    location: Any = forms.ModelChoiceField(
        Location.objects.none(), label=gettext_lazy("Location"), to_field_name="code", empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["inventory_type"].queryset = places.inventory_types(self["inventory_type"].value())  # type: ignore[attr-defined]
        self.fields["location"].queryset = places.locations(self["location"].value())  # type: ignore[attr-defined]


@dataclass(slots=True)
class Line:
    """A balance on the sheet. `counted` is what was typed, '' while nobody has counted it."""

    place: Place
    seen: int
    counted: str = ""
    error: str = ""
    moved: Moved | None = None

    @property
    def token(self) -> str:
        """The place as the form's hidden field carries it."""
        expires_on = self.place.expires_on.isoformat() if self.place.expires_on else None
        return json.dumps(
            [self.place.product.pk, self.place.inventory_type, self.place.location, self.place.lot, expires_on]
        )


class Sheet:
    """The lines of a count, in the order they were added."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self.lines = list(lines)

    @classmethod
    def of(cls, data: QueryDict, *, viewer: User) -> Sheet:
        """The lines of a posted form. Raises ValueError for lines that no page of ours has made."""
        tokens, seen, counted = data.getlist("place"), data.getlist("seen"), data.getlist("counted")
        if not len(tokens) == len(seen) == len(counted) <= MOST_LINES:
            raise ValueError("lines do not match")
        places = [_parts(token) for token in tokens]
        ids = [product for product, *_rest in places]
        products = Product.objects.visible_to(viewer).select_related("merchant").in_bulk(ids)
        if len(products) < len(set(ids)):
            raise ValueError("unknown product")
        return cls(
            Line(Place(products[product], type_, location, lot, expires_on), int(was), typed.strip()[:12])
            for (product, type_, location, lot, expires_on), was, typed in zip(places, seen, counted, strict=True)
        )

    def find(self, place: Place) -> Line | None:
        return next((line for line in self.lines if line.place == place), None)

    def add(self, line: Line) -> None:
        """Raises ValueError, with a text for people, when the sheet is full."""
        if len(self.lines) >= MOST_LINES:
            raise ValueError(
                _("A sheet has %(n)s lines at most. Book these, then go on with a new one.") % {"n": MOST_LINES}
            )
        self.lines.insert(0, line)

    def counts(self) -> list[Count]:
        """What was counted; lines that nobody counted are left out. Marks lines whose number is none."""
        found = []
        for line in self.lines:
            if not line.counted:
                continue
            counted = whole(line.counted, high=LARGEST)
            if counted is None:
                line.error = _("Type the units you counted, for example 12; 0 for none, nothing to leave it alone.")
                continue
            found.append(Count(line.place, counted, line.seen))
        return found

    @property
    def is_wrong(self) -> bool:
        return any(line.error for line in self.lines)


def _parts(token: str) -> tuple[int, str, str, str, date | None]:
    match json.loads(token):
        case [int(product), str(type_), str(location), str(lot), None | str() as expires_on] if product < 2**63:
            parsed = date.fromisoformat(expires_on) if expires_on else None
            return product, type_[:50], location[:50], lot[:100], parsed
    raise ValueError("not a place")
