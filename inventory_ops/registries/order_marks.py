"""What other apps say about the items of an order: a detailed status beside the unchanged main one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inventory_ops.kit.registry import PAGES, Registry
from inventory_ops.models import Order, OrderItem


@dataclass(frozen=True, slots=True)
class Mark:
    """A detailed status of an order item, with a link to what it is about."""

    tone: str
    text: str
    url: str = ""


type Marker = Callable[[Order, Sequence[OrderItem]], Mapping[int, Sequence[Mark]]]
_markers: Registry[Marker] = Registry("source of order marks", later=PAGES)


def add_marker(name: str, marker: Marker) -> None:
    """Add marks by order item id. Called by what `AppConfig.ready()` names."""
    _markers.add(name, marker)


def marks(order: Order, items: Sequence[OrderItem]) -> dict[int, list[Mark]]:
    """All marks of an order's items, by the item's id."""
    found: dict[int, list[Mark]] = {}
    for marker in _markers:
        for item_id, of_item in marker(order, items).items():
            found.setdefault(item_id, []).extend(of_item)
    return found
