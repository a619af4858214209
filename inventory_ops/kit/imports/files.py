"""What a file is by its first bytes: plain text, gzipped, a workbook (.xlsx), or a .zip of such files."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from inventory_ops.kit.imports.errors import refused

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".csv.gz", ".tsv.gz", ".txt.gz", ".zip")
MOST_MEMBERS = 100
GZIP, ZIP, OLD_EXCEL = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of a .zip; `name` is what people know it by."""

    path: Path
    name: str
    member: str = ""
    is_workbook: bool = False

    @property
    def short_name(self) -> str:
        return PurePosixPath(self.member or self.name.replace("\\", "/")).name

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes, unpacked. Raises FileRefused."""
        with _opened(self.path) as file:
            if not self.member:
                yield file if self.is_workbook else _unpacked(file)
                return
            with _archive(file) as archive, _member(archive, self.member) as inside:
                yield _unpacked(inside)


def open_source(path: Path) -> IO[bytes]:
    """Binary reader of a plain or gzipped file (told by its first bytes, not by its name)."""
    return _unpacked(_opened(path))


def sources(path: Path, name: str) -> list[Source]:
    """The tables that a file holds: itself, or what can be read of a .zip. Raises FileRefused."""
    with _opened(path) as file:
        start = file.read(4)
        file.seek(0)
        if start == OLD_EXCEL:
            raise refused("This is an old Excel file (.xls). Save it as .xlsx or as “CSV UTF-8”.", code="old_excel")
        if start != ZIP:
            return [Source(path, name)]
        try:
            members = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, OSError, ValueError):
            return [Source(path, name)]  # reading it as a text says what is wrong
    if any(member.filename == "[Content_Types].xml" for member in members):
        return [Source(path, name, is_workbook=True)]
    found = [
        Source(path, f"{name}/{member.filename}", member.filename, member.filename.lower().endswith(".xlsx"))
        for member in members
        if _is_table(member)
    ]
    if len(found) > MOST_MEMBERS:
        raise refused(f"The .zip holds {len(found):,} files, at most {MOST_MEMBERS} are read. Split it.", code="zip")
    if not found:
        raise refused("The .zip holds no .csv, .tsv, .txt or .xlsx file.", code="zip")
    return found


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    hidden = name.name.startswith(".") or "__MACOSX" in name.parts
    return not member.is_dir() and not hidden and member.filename.lower().endswith(ENDINGS[:-1])


def _opened(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise refused(f"Cannot open the file: {error.strerror}") from error


class _Unzipped(gzip.GzipFile):
    """What is packed in `file`, which is closed together with it."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(fileobj=file)
        self._packed = file

    def close(self) -> None:
        super().close()
        self._packed.close()


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    start = file.read(2)
    file.seek(0)
    return cast("IO[bytes]", _Unzipped(file)) if start == GZIP else file


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refused("The .zip file is damaged. Pack it again.", code="zip") from error


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except RuntimeError as error:  # what zipfile raises for an encrypted member
        raise refused("The .zip file has a password. Pack it without one.", code="zip") from error
    except (KeyError, NotImplementedError, zipfile.BadZipFile, OSError) as error:
        raise refused("The .zip file is damaged, or packed in an unusual way. Pack it again.", code="zip") from error


DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
