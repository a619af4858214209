"""The saved views that a list offers."""

from __future__ import annotations

from collections.abc import Sequence

from inventory_ops.models import SavedView, User


def offered(*, viewer: User, report: str) -> Sequence[SavedView]:
    """Views of a report that `viewer` may see, by name."""
    return list(SavedView.objects.visible_to(viewer).filter(report=report).order_by("name", "pk"))
