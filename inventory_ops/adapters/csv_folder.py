"""Where the files of a file channel lie: a folder of this machine, or of the store that all nodes share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from inventory_ops.kit import files


@dataclass(frozen=True, slots=True)
class Times:
    """Of a file, in nanoseconds since 1970: when its content changed, and when it came here."""

    changed: int
    came: int


class Folder(Protocol):
    """Files by their names, like `catalogue.csv` and `orders/today.csv`. Raises OSError where it cannot be reached."""

    @property
    def name(self) -> str: ...

    def make(self) -> None:
        """Make it, and what is below it, where that is needed for somebody to put files there."""

    def times(self, name: str) -> Times | None:
        """When this file changed and came; None when there is none."""

    def orders(self) -> list[tuple[str, Times]]:
        """The files in `orders`, by name."""

    def read(self, name: str) -> AbstractContextManager[Path]:
        """A path to read it at; nothing is there when the folder has none."""

    def write(self, name: str) -> AbstractContextManager[Path]:
        """A path to write it to. It takes the place of an older one at once, when the block ends well."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A folder that the marketplace writes into, too."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def make(self) -> None:
        (self.path / "orders").mkdir(parents=True, exist_ok=True)

    def times(self, name: str) -> Times | None:
        try:
            status = (self.path / name).stat()
        except OSError:
            return None
        # a file that is moved here keeps the time at which it changed
        return Times(status.st_mtime_ns, max(status.st_mtime_ns, status.st_ctime_ns))

    def orders(self) -> list[tuple[str, Times]]:
        names = [f"orders/{path.name}" for path in sorted((self.path / "orders").glob("*.csv"))]
        return [(name, times) for name in names if (times := self.times(name))]

    @contextmanager
    def read(self, name: str) -> Iterator[Path]:
        yield self.path / name

    @contextmanager
    def write(self, name: str) -> Iterator[Path]:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.path, prefix=".half-", delete=False) as file:
            half = Path(file.name)
        try:
            yield half
            with half.open("rb") as file:
                os.fsync(file.fileno())
            half.chmod(0o644)
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class InStore:
    """`channels/NAME` in the bucket of FILES_URL, which the marketplace writes into, too. Its times are of a second."""

    name: str

    def make(self) -> None:
        """A bucket has no folders."""

    def times(self, name: str) -> Times | None:
        try:
            return _of_store(files.written_at(self._full(name)))
        except FileNotFoundError:
            return None

    def orders(self) -> list[tuple[str, Times]]:
        found = [each for each in files.listed(self._full("orders")) if each.name.endswith(".csv")]
        start = len(self._full(""))
        return sorted((each.name[start:], _of_store(each.written_at)) for each in found)

    @contextmanager
    def read(self, name: str) -> Iterator[Path]:
        with files.local(self._full(name)) as path:
            yield path

    @contextmanager
    def write(self, name: str) -> Iterator[Path]:
        with files.written(self._full(name)) as path:
            yield path

    def _full(self, name: str) -> str:
        return f"channels/{self.name}/{name}"


def _of_store(moment: datetime) -> Times:
    nanoseconds = int(moment.timestamp() * 1_000_000_000)
    return Times(nanoseconds, nanoseconds)
