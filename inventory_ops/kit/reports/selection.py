"""Which rows of a list were chosen: those that were ticked, or all that its filters match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Expression, F
from django.http import QueryDict
from django.utils.translation import gettext as _

from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports.report import Report


@dataclass(frozen=True, slots=True)
class Chosen:
    """Keys of the chosen rows, as texts; `changed` warns that “all N matching” is no longer the N that were seen."""

    keys: list[str]
    changed: str = ""


def choose(post: QueryDict, report: Report, *, viewer: Any, key: Expression | F, most: int) -> Chosen:
    """Read the choice of a list's form: `ids`, or `scope=all` with the list's `query` and the `count_seen`.

    `key` gives a row's key in the report's rows. What is ticked is not checked against what the viewer may see: the
    caller looks the rows up with `visible_to`. Raises ValidationError for filters that are none and more than `most`.
    """
    if post.get("scope") != "all":
        ticked = list(dict.fromkeys(each for each in post.getlist("ids") if "\x00" not in each))
        if len(ticked) > most:
            raise ValidationError([_("More than %(n)s rows are selected. Select fewer.") % {"n": f"{most:,}"}])
        return Chosen(ticked)
    selection = report.select(QueryDict(post.get("query", "")), viewer=viewer)
    keys = [str(each) for each in selection.rows.order_by().values_list(key, flat=True)[: most + 1]]
    if len(keys) > most:
        raise ValidationError([_("More than %(n)s rows match. Narrow the filters first.") % {"n": f"{most:,}"}])
    seen = post.get("count_seen", "")
    if whole(seen) == len(keys):
        return Chosen(keys)
    changed = _("%(seen)s rows matched when you chose them, now it is %(now)s. Check the list again.")
    return Chosen(keys, changed % {"seen": seen[:12] or "?", "now": len(keys)})


def numbers_of(keys: Iterable[str]) -> list[int]:
    """The keys that are whole numbers, as such; an address can hold anything."""
    return [number for each in keys if (number := whole(each)) is not None]
