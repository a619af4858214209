"""The file of a backup: a ZIP whose last two members say what is in it and prove that it is whole."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from inventory_ops.operations.backups.errors import CannotRestore

LAYOUT = 1  # of the file; another one is not read
DUMP = "database.dump"
MANIFEST, DIGEST = "manifest.json", "manifest.sha256"
CHUNK = 1 << 20
LONGEST_MANIFEST = 1 << 28  # bytes: millions of files
NOT_WHOLE = "{} is not a backup of this product, or it is cut off: take another file."

type Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside: its size and digest before packing."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself. `rows` are those of the moment that the database was read as of."""

    made_at: str
    version: str
    postgresql: str
    demo: bool
    secret_key: str
    secret_key_fallbacks: list[str]
    migrations: list[str]
    rows: Mapping[str, int]
    members: Mapping[str, Member]
    layout: int = LAYOUT

    @property
    def files(self) -> list[str]:
        return [name for name in self.members if name != DUMP]

    @property
    def bytes(self) -> int:
        return sum(member.size for member in self.members.values())


class Writer:
    """Adds members to an open archive and keeps their digests."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.members: dict[str, Member] = {}

    def add(self, name: str, source: IO[bytes], *, packed: bool, progress: Progress) -> Member:
        """Copy `source` to its end; `packed` says that it is compressed already."""
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        with self._archive.open(entry, "w", force_zip64=True) as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                progress(len(chunk))
        self.members[name] = Member(size, digest.hexdigest())
        return self.members[name]

    def finish(self, manifest: Manifest) -> str:
        """Write the manifest; answers its digest, which stands for the whole file."""
        text = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
        digest = hashlib.sha256(text).hexdigest()
        self._archive.writestr(MANIFEST, text)
        self._archive.writestr(DIGEST, digest)
        return digest


class Reader(AbstractContextManager["Reader"]):
    """An archive that is read. Raises CannotRestore when it is no backup, or not whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # a device has no end, and its reader takes all memory to find it
            if not path.is_file():
                raise CannotRestore(f"There is no file {str(path)!r}.")
            self._archive = zipfile.ZipFile(path)
        except (OSError, ValueError, UnicodeError) as error:
            raise CannotRestore(f"{str(path)!r} cannot be read: {error}") from error
        except zipfile.BadZipFile:
            raise CannotRestore(NOT_WHOLE.format(path)) from None
        try:
            self.manifest, self.digest = self._manifest()
        except BaseException:
            self._archive.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def _manifest(self) -> tuple[Manifest, str]:
        try:
            if self._archive.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
                raise CannotRestore(NOT_WHOLE.format(self.path))
            text = self._archive.read(MANIFEST)
            digest = self._archive.read(DIGEST).decode()
            raw: dict[str, Any] = json.loads(text)
            layout = raw["layout"]
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile):
            raise CannotRestore(NOT_WHOLE.format(self.path)) from None
        if hashlib.sha256(text).hexdigest() != digest:
            raise CannotRestore(f"{self.path} was altered: its manifest does not fit its digest. Take another file.")
        if layout != LAYOUT:
            raise CannotRestore(f"{self.path} has layout {layout}, and this version of the product reads {LAYOUT}.")
        raw["members"] = {name: Member(**member) for name, member in raw["members"].items()}
        manifest = Manifest(**raw)
        self._refuse_strange_names(manifest)
        return manifest, digest

    def _refuse_strange_names(self, manifest: Manifest) -> None:
        inside = {*manifest.members, MANIFEST, DIGEST}
        if inside != set(self._archive.namelist()) or DUMP not in inside:
            raise CannotRestore(f"{self.path} was altered: it does not have the files that its manifest names.")
        for name in manifest.files:
            parts = PurePosixPath(name).parts
            if name.startswith("/") or ".." in parts or "\\" in name or len(parts) < 2:
                raise CannotRestore(f"{self.path} names a file outside its folders: {name!r}.")

    def check(self, progress: Progress) -> None:
        """Read everything and compare the digests."""
        for name, member in self.manifest.members.items():
            digest = hashlib.sha256()
            try:
                with self._archive.open(name) as source:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        progress(len(chunk))
            except (zipfile.BadZipFile, EOFError, OSError) as error:
                raise CannotRestore(f"{self.path} is damaged in {name}: {error}. Take another file.") from error
            if digest.hexdigest() != member.sha256:
                raise CannotRestore(f"{self.path} is damaged: the digest of {name} does not fit. Take another file.")

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name)
