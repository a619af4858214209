"""Restoring a backup into an empty place. Everything is checked before the first byte is written."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from inventory_ops.models.audit import Security
from inventory_ops.operations import audit, grants, reseal
from inventory_ops.operations.backups import archive, place, tools
from inventory_ops.operations.backups.errors import CannotRestore

MOST_NAMED = 5

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `differing` names tables whose rows are not as many as the backup says: none, if all is right.

    `unreadable` counts secrets that the present SECRET_KEY does not read; None where the schema has to be migrated
    first. `pending` are the migrations that the backup lacks.
    """

    manifest: archive.Manifest
    digest: str
    same_key: bool
    differing: list[str]
    pending: list[str]
    unreadable: int | None


def restore(path: Path, *, role: str, say: Say, progress: archive.Progress) -> Restored:
    """Bring back the backup `path` and let `role`, if given, work with it. Raises CannotRestore: nothing was written.

    The database comes back in one transaction; the files are put into place after it.
    """
    with archive.Reader(path) as reader:
        manifest = reader.manifest
        say(f"Backup    of {manifest.made_at}: {sum(manifest.rows.values()):,} rows, {len(manifest.files):,} files")
        tool = _look_at_the_place(manifest, role=role)
        say("Check     digests of the backup")
        reader.check(progress)
        staged = _stage(reader, progress)
        try:
            say("Database  restoring")
            _load(reader, tool, progress)
        except BaseException:
            _drop(staged)
            raise
        _put_into_place(staged)
        say(f"Files     {len(manifest.files):,}")
        return _look_at_the_outcome(reader, role=role)


def _look_at_the_place(manifest: archive.Manifest, *, role: str) -> tools.Tool:
    """Refuse a place that holds something, or that this backup does not belong into."""
    if manifest.demo != bool(settings.DEMO):
        raise CannotRestore(
            "This is a backup of the demo, whose passwords are public: restore it with --demo."
            if manifest.demo
            else "This is a backup of own data: the demo is not a place for it. Restore it without --demo."
        )
    for folder in place.folders().values():
        if found := next(folder.names(), None):
            raise CannotRestore(
                f"{folder} is not empty: it has {Path(found).name}, for one. Restore into an empty place: "
                "set OPS_DATA_DIR to a new folder, or move this one away."
            )
    with connection.cursor() as cursor:
        _refuse_occupied(place.occupants(cursor))
        cursor.execute(
            "select current_setting('server_version_num')::integer / 10000, current_user,"
            " has_schema_privilege('public', 'create')"
        )
        server, user, may_create = cursor.fetchone()
        if not may_create:
            raise CannotRestore(
                f"The role {user} may make no tables. Restore as the role that owns them: name it in DATABASE_URL."
            )
        if role:
            cursor.execute("select from pg_roles where rolname = %s", [role])
            if cursor.fetchone() is None:
                raise CannotRestore(f"There is no role {role!r} to grant to. deploy/postgres/10-roles.sh makes it.")
    if unknown := set(manifest.migrations) - set(place.migrations(connection)[0]) - _of_other_apps(manifest):
        raise CannotRestore(
            f"The backup is of a newer version of the product: this one does not know {_few(sorted(unknown))}. "
            "Restore it with the version that made it, or a later one."
        )
    try:
        return tools.find("pg_restore", least=max(server, int(manifest.postgresql)))
    except tools.NoTool as error:
        raise CannotRestore(str(error)) from error


def _of_other_apps(manifest: archive.Manifest) -> set[str]:
    """Migrations of apps that this version has no more: their tables do no harm."""
    from django.apps import apps

    known = {config.label for config in apps.get_app_configs()}
    return {name for name in manifest.migrations if name.partition(".")[0] not in known}


def _refuse_occupied(found: list[str]) -> None:
    if not found:
        return
    where = connection.settings_dict
    raise CannotRestore(
        f"The database {where['NAME']} at {where['HOST'] or 'localhost'} is not empty: it has {_few(sorted(found))}. "
        "Restore into an empty place: make a new database and name it in DATABASE_URL, or set OPS_DATA_DIR to a new "
        "folder for the embedded one. Nothing was changed."
    )


def _few(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


type Staged = dict[place.Folder | place.Bucket, Path]  # where files belong, and where they wait


def _stage(reader: archive.Reader, progress: archive.Progress) -> Staged:
    """Unpack the files beside their place."""
    staged: Staged = {}
    try:
        for label, target in place.folders().items():
            folder = staged[target] = target.stage()
            for name in reader.manifest.files:
                if name.startswith(f"{label}/"):
                    file = folder / name.removeprefix(f"{label}/")
                    file.parent.mkdir(parents=True, exist_ok=True)
                    with reader.open(name) as source, file.open("xb") as output:
                        while chunk := source.read(archive.CHUNK):
                            output.write(chunk)
                            progress(len(chunk))
    except OSError as error:
        _drop(staged)
        raise CannotRestore(f"The files cannot be written: {error}. Nothing was restored.") from error
    except BaseException:
        _drop(staged)
        raise
    return staged


def _put_into_place(staged: Staged) -> None:
    for target, folder in staged.items():
        target.take(folder)
    _drop(staged)


def _drop(staged: Staged) -> None:
    for folder in staged.values():
        shutil.rmtree(folder, ignore_errors=True)


def _load(reader: archive.Reader, tool: tools.Tool, progress: archive.Progress) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    options = ("--single-transaction", "--exit-on-error")
    with tools.running(tool, *options, failed=_not_restored, **pipes) as process:
        assert process.stdin
        # a program that has ended says why by its complaints
        with suppress(BrokenPipeError), reader.open(archive.DUMP) as source, process.stdin as target:
            while chunk := source.read(archive.CHUNK):
                target.write(chunk)
                progress(len(chunk))


def _not_restored(program: str, said: str) -> CannotRestore:
    return CannotRestore(f"{program} failed, and nothing was restored: {said}")


def _look_at_the_outcome(reader: archive.Reader, *, role: str) -> Restored:
    manifest = reader.manifest
    connection.close()  # what this connection knew of the empty database is no longer true
    with connection.cursor() as cursor:
        counts = place.rows(cursor)
        cursor.execute("analyze")
    differing = sorted({name for name, _count in counts.items() ^ manifest.rows.items()})
    pending = place.migrations(connection)[1]
    keys = {place.fingerprint(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}
    unreadable = None
    if not pending:
        if role:
            grants.grant(role)
        unreadable = reseal.unreadable()
        with transaction.atomic():
            audit.record(action=Security.BACKUP_RESTORED, by=None, summary=f"Backup of {manifest.made_at} restored")
    return Restored(manifest, reader.digest, manifest.secret_key in keys, differing, pending, unreadable)
