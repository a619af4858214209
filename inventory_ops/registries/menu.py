"""The menu: each app adds its entries when it is ready, so the base knows none of its siblings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.registry import Registry
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
    url: str
    icon: str
    roles: frozenset[str]
    order: int = 100
    counted: Callable[[User], QuerySet[Any]] | None = None
    report: str = ""


_entries: Registry[Entry] = Registry("menu entry")


def add(
    group: str,
    label: Any,
    url: str,
    icon: str,
    *,
    roles: tuple[str, ...],
    order: int = 100,
    counted: Callable[[User], QuerySet[Any]] | None = None,
    report: str = "",
) -> None:
    """Add an entry to a group of GROUPS for users with one of `roles`. Called from AppConfig.ready()."""
    if group not in GROUPS:
        raise ValueError(f"There is no menu group {group!r}: use one of {', '.join(GROUPS)}.")
    _entries.add(url, Entry(group, label, url, icon, frozenset(roles), order, counted, report))


def entries(group: str) -> list[Entry]:
    return sorted((entry for entry in _entries if entry.group == group), key=lambda entry: entry.order)
