"""Addresses of rows, by the name of their page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.urls import NoReverseMatch, reverse

_STANDS_FOR_A_KEY = ("9700000013", str(UUID(int=9700000013)))
_SAFE = "/~:@!$&'()*+,;="  # what reverse() leaves unquoted in a path


def to(route: str, key: str) -> Callable[[Mapping[str, Any]], str | None]:
    """The address of the page `route`, which takes one argument, for `row[key]`; None where the row has none.

    The pattern is looked up once for all rows: a list names an address in each of its cells.
    """

    def address(row: Mapping[str, Any]) -> str | None:
        value = row[key]
        if value is None or value == "":
            return None
        before, after = _around_the_key(route)
        return f"{before}{quote(str(value), safe=_SAFE)}{after}"

    return address


@cache
def _around_the_key(route: str) -> tuple[str, str]:
    for key in _STANDS_FOR_A_KEY:
        try:
            before, after = reverse(route, args=[key]).split(key)
        except NoReverseMatch:
            continue
        return before, after
    raise NoReverseMatch(f"{route!r} is not a page that takes one number, text or UUID.")
