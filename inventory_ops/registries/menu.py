"""The menu: each app adds its entries when it is ready, so the base knows none of its siblings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True, eq=False)
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


def offered(user: User) -> Mapping[str, Sequence[tuple[int, Entry]]]:
    """What the user may open, by group: entries with their numbers among all of the group."""
    return _offered(user.role, user.is_active, user.is_superuser)


@cache
def _offered(role: str, is_active: bool, is_superuser: bool) -> Mapping[str, Sequence[tuple[int, Entry]]]:
    """Each page asks; entries are there when all apps are ready, and stay as they are."""
    user = User(role=role, is_active=is_active, is_superuser=is_superuser)
    return {
        group: [(number, each) for number, each in enumerate(entries(group)) if user.has_role(*each.roles)]
        for group in GROUPS
    }
