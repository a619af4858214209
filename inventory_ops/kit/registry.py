"""One small registry for everything that apps declare: reports, menu entries, import kinds, scans, …"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules

from django.apps import apps


class Frozen(RuntimeError):
    """Something was registered after all apps were ready: the pages of other processes would not know it."""


class Registry[T]:
    """Values by key, in the order in which they were added.

    Apps add theirs from `AppConfig.ready()` (or in a module that is imported there); afterwards it is frozen, so that
    every process of the product knows the same things. `what` names one value in messages.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._values: dict[str, T] = {}
        self._is_open = False

    def add(self, key: str, value: T) -> T:
        """Raises ValueError for a key that is taken, and Frozen when all apps are ready."""
        if apps.ready and not self._is_open:
            raise Frozen(f"The {self.what} {key!r} comes too late: add it from AppConfig.ready().")
        if key in self._values:
            raise ValueError(f"There are two of the {self.what} {key!r}.")
        self._values[key] = value
        return value

    def get(self, key: str) -> T:
        """Raises KeyError."""
        return self._values[key]

    def find(self, key: str) -> T | None:
        return self._values.get(key)

    def keys(self) -> list[str]:
        return list(self._values)

    def items(self) -> Iterator[tuple[str, T]]:
        return iter(self._values.items())

    def __iter__(self) -> Iterator[T]:
        return iter(self._values.values())

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    @contextmanager
    def opened(self, *, keep: bool = False) -> Iterator[None]:
        """Let tests add something for as long as a `with` lasts; with `keep` it stays."""
        before, self._is_open = dict(self._values), True
        try:
            yield
        finally:
            self._is_open = False
            if not keep:  # in place: somebody else may hold the values, too
                self._values.clear()
                self._values.update(before)


def import_all(package: str, *, first: Sequence[str] = ()) -> None:
    """Import every module of a folder, those named `first` before the others: what is in them registers itself."""
    found = [module.name for module in iter_modules(import_module(package).__path__)]
    for name in [*first, *(name for name in found if name not in first)]:
        import_module(f"{package}.{name}")
