"""Where a page of a list begins, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind `after` or ahead of `before` (tokens of a row), else at row `offset`."""

    offset: int
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The page's rows with the values of its columns; tokens of its first and last row where it can be paged by
    them; `more`: there is another page in the direction of reading."""

    rows: list[dict[str, Any]]
    more: bool
    first_token: str = ""
    last_token: str = ""
