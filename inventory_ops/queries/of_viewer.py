"""Statements that are compiled once for each person who looks."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from inventory_ops.kit.db.compiled import Statement
from inventory_ops.models import User

KEPT = 2_000  # statements of this process

type Who = tuple[tuple[str, Any], ...]


def who(viewer: User) -> Who:
    """All that decides what somebody may see."""
    return tuple((name, getattr(viewer, name)) for name in ("pk", "role", "merchant_id", "is_superuser", "is_active"))


class OfViewer:
    """As `Statement`, of rows that depend on who looks, and on what else `of` is given.

    `build` is called with a user who has nothing but `who`: nothing else can decide what is seen.
    """

    def __init__(self, build: Callable[..., QuerySet[Any]]) -> None:
        @lru_cache(maxsize=KEPT)
        def compiled(viewer: Who, *more: Hashable) -> Statement:
            return Statement(lambda: build(User(**dict(viewer)), *more))

        self._compiled = compiled

    def of(self, viewer: User, *more: Hashable) -> Statement:
        return self._compiled(who(viewer), *more)
