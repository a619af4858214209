"""Making a backup while the product works: the database as of one moment, then the files."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from inventory_ops.models.audit import Security
from inventory_ops.operations import audit
from inventory_ops.operations.backups import archive, place, tools
from inventory_ops.operations.backups.errors import CannotBackUp

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    path: Path
    size: int
    digest: str
    manifest: archive.Manifest


@dataclass(slots=True)
class _Snapshot:
    """The database as of one moment, held for pg_dump."""

    name: str
    server: int
    rows: dict[str, int]
    migrations: list[str]


def make(path: Path, *, say: Say, progress: archive.Progress) -> Made:
    """Write a backup to `path`, which must not exist, and check it. Raises CannotBackUp; then nothing is left of it.

    It contains everything but SECRET_KEY, of which it has a fingerprint.
    """
    if os.path.lexists(path):
        raise CannotBackUp(f"{path} exists already. Name a new file: a backup never replaces another one.")
    part = path.with_name(f"{path.name}.part")
    try:
        target = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise CannotBackUp(
            f"{part} exists: another backup is written there, or one was stopped. If none runs, delete it."
        ) from None
    except (OSError, ValueError) as error:
        raise CannotBackUp(f"{str(path)!r} cannot be written: {error}") from error
    try:
        with os.fdopen(target, "wb") as output:
            manifest, digest = _write(output, say=say, progress=progress)
            output.flush()
            os.fsync(output.fileno())
        say("Check     reading it back")
        with archive.Reader(part) as reader:
            reader.check(progress)
        part.rename(path)
    except tools.NoTool as error:
        raise CannotBackUp(str(error)) from error
    except OSError as error:
        raise CannotBackUp(f"{path} was not written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    made = Made(path, path.stat().st_size, digest, manifest)
    with transaction.atomic():
        audit.record(
            action=Security.BACKUP_MADE,
            by=None,
            summary=f"{sum(manifest.rows.values()):,} rows, {len(manifest.files):,} files, {made.size:,} bytes",
        )
    return made


def _write(output: Any, *, say: Say, progress: archive.Progress) -> tuple[archive.Manifest, str]:
    with zipfile.ZipFile(output, "w", allowZip64=True) as zipped:
        writer = archive.Writer(zipped)
        with _snapshot() as snapshot:
            say(f"Database  {sum(snapshot.rows.values()):,} rows in {len(snapshot.rows)} tables")
            tool = tools.find("pg_dump", least=snapshot.server)
            _dump(writer, tool, snapshot, progress)
        # after the database: each file that it names is there by now
        gone = _add_files(writer, progress)
        say(f"Files     {len(writer.members) - 1:,}" + (f" ({gone} were deleted meanwhile)" if gone else ""))
        present, fallbacks = place.fingerprints()
        manifest = archive.Manifest(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=_version(),
            postgresql=str(snapshot.server),
            demo=bool(settings.DEMO),
            secret_key=present,
            secret_key_fallbacks=fallbacks,
            migrations=snapshot.migrations,
            rows=snapshot.rows,
            members=writer.members,
        )
        return manifest, writer.finish(manifest)


@contextmanager
def _snapshot() -> Iterator[_Snapshot]:
    """A connection of its own, so that a caller's transaction is not a part of it."""
    database = connection.copy()
    try:
        database.set_autocommit(False)
        with database.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("select pg_export_snapshot(), current_setting('server_version_num')::integer / 10000")
            name, server = cursor.fetchone()
            rows = place.rows(cursor)
            if "django_migrations" not in rows:
                raise CannotBackUp("The database is empty: there is nothing to back up.")
            cursor.execute("select app || '.' || name from django_migrations order by 1")
            yield _Snapshot(name, server, rows, [each for (each,) in cursor.fetchall()])
    finally:
        database.close()


def _dump(writer: archive.Writer, tool: tools.Tool, snapshot: _Snapshot, progress: archive.Progress) -> None:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    options = ("--format=custom", f"--snapshot={snapshot.name}")
    with tools.running(tool, *options, failed=_not_made, **pipes) as process:
        assert process.stdout
        with process.stdout as source:
            writer.add(archive.DUMP, source, packed=True, progress=progress)


def _not_made(program: str, said: str) -> CannotBackUp:
    return CannotBackUp(f"{program} failed: {said}")


def _add_files(writer: archive.Writer, progress: archive.Progress) -> int:
    """Add what the folders hold; answers how many went away while this looked."""
    gone = 0
    for label, folder in place.folders().items():
        for name in folder.names():
            try:
                source = folder.open(name)
            except FileNotFoundError:
                gone += 1
                continue
            with source:
                writer.add(f"{label}/{name}", source, packed=False, progress=progress)
    return gone


def _version() -> str:
    try:
        return version("inventory-ops")
    except PackageNotFoundError:  # run from its checkout, where it is not installed
        return "unreleased"
