"""Locations and inventory types that are offered."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from inventory_ops.kit.numbers import whole
from inventory_ops.models import InventoryType, Location


def locations(given: Any = "") -> QuerySet[Location]:
    """Those that take stock, and the one `given` by its code: a form is about it, and it may still hold some."""
    return Location.objects.filter(Q(is_active=True) | _named(given)).order_by("code")


def inventory_types(given: Any = "") -> QuerySet[InventoryType]:
    """Those that take stock, and the one `given` by its code or number."""
    return InventoryType.objects.filter(Q(is_active=True) | _named(given)).order_by("pk")


def _named(given: Any) -> Q:
    text = str(given or "")
    return Q(code=text.replace("\0", "")) | Q(pk=whole(text) or 0)
