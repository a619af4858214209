"""Parts of pages that are drawn once for each set of values, and kept by this process.

A kept part knows the values that the page hands it and nothing else: no request, no user, no token. All of them are
part of its key, with their types, and so is how the reader wants things shown. What one person sees can therefore reach
another only where it is the same, letter by letter. What the key cannot hold (a row, a request) is refused.

Not for what depends on the clock (`ago`) nor on the request (`csrf_token`, `url` names are fine).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from inventory_ops.kit import showing

MOST = 1_000  # parts of this process, those shown last: some ten megabytes
PLAIN = frozenset({bool, int, float, date, SafeString})


class Shelf[Value]:
    """What was made, by key: the `most` that were asked for last."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._made: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """What is kept under the key, else what `make` makes. Threads that ask at once may both make it."""
        with suppress(KeyError):
            found = self._made[key]
            self._made.move_to_end(key)
            return found
        made = self._made[key] = make()
        while len(self._made) > self.most:
            with suppress(KeyError):
                self._made.popitem(last=False)
        return made


_drawn: Shelf[SafeString] = Shelf(MOST)


def draw(template: str, **values: Any) -> SafeString:
    """The template with `values` alone: texts, numbers, days, and sequences and dataclasses of those.

    Raises TypeError for any other value.
    """
    key = (template, showing.how(), *[(name, exact(value)) for name, value in values.items()])
    if settings.DEBUG:  # who works on a template wants to see what it gives now
        return _draw(template, values)
    return _drawn.get(key, lambda: _draw(template, values))


def _draw(template: str, values: dict[str, Any]) -> SafeString:
    compiled: Any = get_template(template)
    return SafeString(compiled.template.render(Context(values)))


def exact(value: Any) -> Hashable:
    """What equals only that of a value that is drawn the same: `True` and 1 differ, as do 1.0 and 1.00, and a text and
    markup of the same letters. Raises TypeError for what may change behind its back."""
    kind = type(value)
    if kind is str or value is None:
        return value
    if kind in PLAIN:
        return kind, value
    if kind is tuple or kind is list:
        return tuple([exact(each) for each in value])
    if kind is Decimal:
        return kind, str(value)
    if isinstance(value, Promise):
        return str(value)
    if is_dataclass(kind):
        if _is_known_by_identity(kind):
            return value
        return kind, tuple([exact(getattr(value, name)) for name in _names(kind)])
    raise TypeError(f"A kept part of a page cannot depend on a {kind.__name__}.")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


@cache
def _is_known_by_identity(kind: Any) -> bool:
    """Frozen, and equal to itself alone? Whoever makes those sees to it that what says the same is the same object."""
    return bool(kind.__hash__ is object.__hash__ and kind.__dataclass_params__.frozen)
