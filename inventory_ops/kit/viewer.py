"""Who looks at a page, as far as the kit needs to know; the product's user fits it."""

from __future__ import annotations

from typing import Any, Protocol


class Viewer(Protocol):
    """A signed-in user with roles, who sees all merchants or one, and has preferences for lists."""

    preferences: Any

    @property
    def sees_all_merchants(self) -> bool: ...

    def has_role(self, *roles: str) -> bool: ...
