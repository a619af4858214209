"""What a user keeps for the next visit: columns, row height, the view that opens a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from inventory_ops.models import User


@contextmanager
def _kept(user: User, slug: str = "") -> Iterator[dict[str, Any]]:
    """The preferences, or those of one report, to be changed: saved at the end of the block."""
    with transaction.atomic():
        # the row is locked, so that two tabs do not overwrite each other's choices
        locked = User.objects.select_for_update().only("preferences").get(pk=user.pk)
        yield locked.preferences.setdefault("reports", {}).setdefault(slug, {}) if slug else locked.preferences
        locked.save(update_fields=["preferences"])


def _change(user: User, change: dict[str, Any], slug: str = "") -> None:
    with _kept(user, slug) as kept:
        kept.update(change)


def save_columns(*, user: User, slug: str, columns: Sequence[str], widths: Mapping[str, int]) -> None:
    """Columns of a report's page in their order, and widths of some; an empty list brings the default back."""
    _change(user, {"columns": list(columns), "widths": dict(widths)}, slug)


def save_opening_view(*, user: User, slug: str, view: int | None) -> None:
    """The saved view that a report's page opens with; None brings the plain list back."""
    _change(user, {"view": view}, slug)


def check_step(*, user: User, slug: str, number: int, done: bool) -> None:
    """Tick a step of a list's checklist off, or take that back."""
    with _kept(user, slug) as kept:
        others = {*kept.get("steps", [])} - {number}
        kept["steps"] = sorted(others | {number} if done else others)


def clear_steps(*, user: User, slug: str) -> None:
    """Begin a list's checklist anew."""
    _change(user, {"steps": []}, slug)


def dismiss_first_steps(*, user: User) -> None:
    """Put the first steps on the overview away."""
    _change(user, {"first_steps_dismissed": True})


def save_density(*, user: User, density: str) -> None:
    """`comfortable` or `compact` rows on all lists."""
    _change(user, {"density": density})
