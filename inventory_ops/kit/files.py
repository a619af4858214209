"""Files that every node sees: uploads, exports and evidence, in Django's default storage.

That is a folder of this machine or a bucket (`FILES_URL`); a name is a path below it. What needs a path gets one: the
file itself where the storage is a folder, else a copy that goes away with the block.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

HALF = ".part"  # ends the name of what is being written into a folder


class FilesUnavailable(OSError):
    """The store of files cannot be reached, or refuses; nothing was kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the storage: its name, and when it was last written."""

    name: str
    written_at: datetime


def is_folder() -> bool:
    """Are the files in a folder of this machine?"""
    return isinstance(default_storage, FileSystemStorage)


def exists(name: str) -> bool:
    return bool(name) and default_storage.exists(name)


def size(name: str) -> int:
    """Its bytes. Raises FileNotFoundError."""
    return default_storage.size(name)


def written_at(name: str) -> datetime:
    """When it was last written. Raises FileNotFoundError."""
    return default_storage.get_modified_time(name)


def open(name: str) -> IO[bytes]:
    """The file, to be read. Raises FileNotFoundError."""
    return default_storage.open(name, "rb")


@contextmanager
def written(name: str) -> Iterator[Path]:
    """A path to write a file to. The storage has it, whole, once the block is through, in the place of an older one."""
    if is_folder():
        target = Path(default_storage.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}{HALF}")
        try:
            _empty(part)
            yield part
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / Path(name).name
        _empty(part)
        yield part
        with part.open("rb") as file:
            default_storage.save(name, File(file))


@contextmanager
def local(name: str) -> Iterator[Path]:
    """A path to read the file at; nothing is there when the storage has none."""
    if is_folder():
        yield Path(default_storage.path(name))
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / Path(name).name
        with suppress(FileNotFoundError), open(name) as file, copy.open("xb") as target:
            shutil.copyfileobj(file, target)
        yield copy


def delete(name: str) -> None:
    """Delete the file, if it is there."""
    if name:
        default_storage.delete(name)


def listed(folder: str) -> Iterator[Found]:
    """The files of one folder; those that go away meanwhile are left out."""
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    for name in names:
        with suppress(FileNotFoundError):
            yield Found(f"{folder}/{name}", default_storage.get_modified_time(f"{folder}/{name}"))


def everything(folder: str = "") -> Iterator[str]:
    """Names of all files below, in order."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    start = f"{folder}/" if folder else ""
    yield from (f"{start}{name}" for name in sorted(filter(None, names)))
    for each in sorted(folders):
        yield from everything(f"{start}{each}")


def delete_halves(*, before: datetime) -> int:
    """Delete what lost workers were writing into a folder; answers how many. A bucket has no halves."""
    if not is_folder():
        return 0
    halves = [path for path in Path(default_storage.path("")).glob(f"*/*{HALF}") if _is_older(path, before)]
    for path in halves:
        path.unlink(missing_ok=True)
    return len(halves)


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _empty(path: Path) -> None:
    path.unlink(missing_ok=True)  # of a worker that was lost
    path.touch(mode=0o600)
