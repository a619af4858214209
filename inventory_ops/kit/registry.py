"""One small registry for everything that apps declare: reports, menu entries, import kinds, scans, …"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules
from threading import RLock

from django.apps import apps


class Frozen(RuntimeError):
    """Something was registered after all apps were ready: the pages of other processes would not know it."""


class Later:
    """Some registries that apps fill when one of them is first read: a command imports what it uses, and no more.

    An app names from `AppConfig.ready()` the function that imports and adds. Processes that answer or work for people
    call `fill_all` when they start, so that nobody waits for it and threads meet everything in place.
    """

    _all: list[Later] = []

    def __init__(self) -> None:
        self._left: list[Callable[[], None]] = []
        self._lock = RLock()
        self._is_filling = False
        self._all.append(self)

    def by(self, fill: Callable[[], None]) -> None:
        """Add what `fill` adds, after what the apps before this one add. Called from AppConfig.ready()."""
        self._left.append(fill)

    @property
    def is_full(self) -> bool:
        return apps.ready and not self._left and not self._is_filling

    def fill(self) -> None:
        if self.is_full or not apps.ready:
            return
        with self._lock:
            if self._is_filling:  # what is imported now reads what is there so far
                return
            self._is_filling = True
            try:
                while self._left:
                    self._left.pop(0)()
            finally:
                self._is_filling = False

    @classmethod
    def fill_all(cls) -> None:
        for each in cls._all:
            each.fill()


REPORTS, IMPORTS, SCANS, JOBS, PAGES, DEMO = Later(), Later(), Later(), Later(), Later(), Later()


class Registry[T]:
    """Values by key, in the order in which they were added.

    Apps add theirs from `AppConfig.ready()`, or `later` from a function that they name there; afterwards it is frozen,
    so that every process of the product knows the same things. `what` names one value in messages.
    """

    def __init__(self, what: str, *, later: Later | None = None) -> None:
        self.what = what
        self._given: dict[str, T] = {}
        self._later = later
        self._is_open = False

    @property
    def _values(self) -> dict[str, T]:
        if self._later:
            self._later.fill()
        return self._given

    def add(self, key: str, value: T) -> T:
        """Raises ValueError for a key that is taken, and Frozen when all apps are ready and have added theirs."""
        if apps.ready and (self._later is None or self._later.is_full) and not self._is_open:
            raise Frozen(f"The {self.what} {key!r} comes too late: add it from AppConfig.ready().")
        if key in self._given:
            raise ValueError(f"There are two of the {self.what} {key!r}.")
        self._given[key] = value
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
