"""What a user keeps for the next visit: columns, row height, the view that opens a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from inventory_ops.models import User


@transaction.atomic
def _change(user: User, change: dict[str, Any], slug: str = "") -> None:
    # the row is locked, so that two tabs do not overwrite each other's choices
    locked = User.objects.select_for_update().only("preferences").get(pk=user.pk)
    if slug:
        locked.preferences.setdefault("reports", {}).setdefault(slug, {}).update(change)
    else:
        locked.preferences.update(change)
    locked.save(update_fields=["preferences"])


def save_columns(*, user: User, slug: str, columns: Sequence[str]) -> None:
    """Columns of a report's page; an empty list brings the default back."""
    _change(user, {"columns": list(columns)}, slug)


def save_opening_view(*, user: User, slug: str, view: int | None) -> None:
    """The saved view that a report's page opens with; None brings the plain list back."""
    _change(user, {"view": view}, slug)


@transaction.atomic
def check_step(*, user: User, slug: str, number: int, done: bool) -> None:
    """Tick a step of a list's checklist off, or take that back."""
    locked = User.objects.select_for_update().only("preferences").get(pk=user.pk)
    kept = locked.preferences.setdefault("reports", {}).setdefault(slug, {})
    kept["steps"] = sorted({*kept.get("steps", []), number} if done else {*kept.get("steps", [])} - {number})
    locked.save(update_fields=["preferences"])


def clear_steps(*, user: User, slug: str) -> None:
    """Begin a list's checklist anew."""
    _change(user, {"steps": []}, slug)


def dismiss_first_steps(*, user: User) -> None:
    """Put the first steps on the overview away."""
    _change(user, {"first_steps_dismissed": True})


def save_density(*, user: User, density: str) -> None:
    """`comfortable` or `compact` rows on all lists."""
    _change(user, {"density": density})
