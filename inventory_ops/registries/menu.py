"""The menu: each app adds its entries when it is ready, so the base knows none of its siblings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.registry import PAGES, Registry
from inventory_ops.models import User

GROUPS: dict[str, Any] = {
    "": None,
    "action": _("Action required"),
    "inventory": _("Inventory"),
    "finance": _("Finance"),
    "system": _("System"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. At its right end: the open findings of `report`, or the number of rows of `counted`."""

    group: str
    label: Any
    route: tuple[str, ...]
    icon: str
    roles: frozenset[str]
    order: int = 100
    counted: Callable[[User], QuerySet[Any]] | None = None  # by what the user may see, and by no other moment or state
    report: str = ""
    go: str = ""  # the key that leads there after `g`

    @property
    def url(self) -> str:
        return _url(self.route)


@cache
def _url(route: tuple[str, ...]) -> str:
    """Each page asks for all of them, several times."""
    name, *arguments = route
    return reverse(name, args=arguments)


_entries: Registry[Entry] = Registry("menu entry", later=PAGES)


def add(
    group: str,
    label: Any,
    route: str | tuple[str, ...],
    icon: str,
    *,
    roles: tuple[str, ...],
    order: int = 100,
    counted: Callable[[User], QuerySet[Any]] | None = None,
    report: str = "",
    go: str = "",
) -> None:
    """Add the page `route` (its name, or name and arguments) to a group, for `roles`.

    Called by what `AppConfig.ready()` names. `go` is a letter of its own that leads there from the keyboard, after `g`.
    """
    if group not in GROUPS:
        raise ValueError(f"There is no menu group {group!r}: use one of {', '.join(GROUPS)}.")
    route = (route,) if isinstance(route, str) else route
    if go and any(entry.go == go for entry in _entries):
        raise ValueError(f"The key {go!r} leads to another page already.")
    _entries.add(" ".join(route), Entry(group, label, route, icon, frozenset(roles), order, counted, report, go))


def entries(group: str) -> list[Entry]:
    return sorted((entry for entry in _entries if entry.group == group), key=lambda entry: entry.order)
