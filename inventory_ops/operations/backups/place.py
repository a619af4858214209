"""What a backup is made of and restored into: the database's tables, the folders of files, the key's fingerprint."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from inventory_ops.kit import files as store

TABLES = """
select c.relname from pg_class c
where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
order by 1
"""
# what is here and no extension brought
OCCUPIED = """
with brought as (select classid, objid from pg_depend where deptype = 'e')
select relname from pg_class
where relnamespace = 'public'::regnamespace and ('pg_class'::regclass, oid) not in (select classid, objid from brought)
union all
select proname from pg_proc
where pronamespace = 'public'::regnamespace and ('pg_proc'::regclass, oid) not in (select classid, objid from brought)
"""


class Folder:
    """A folder of files that a backup holds: a name is a path below it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __str__(self) -> str:
        return str(self.root)

    def names(self) -> Iterator[str]:
        """All files below, in order; links and what is not a file are left out."""
        paths = (path for path in sorted(self.root.rglob("*")) if path.is_file() and not path.is_symlink())
        return (path.relative_to(self.root).as_posix() for path in paths)

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")

    def stage(self) -> Path:
        """A new folder beside this one: what is put into place from there moves within one disk."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{self.root.name}.restoring-", dir=self.root.parent))
        folder.chmod(0o755)
        return folder

    def take(self, staged: Path) -> None:
        """The folder itself may be a volume, so what is in it moves. It has no files, but may have empty folders."""
        self.root.mkdir(exist_ok=True)
        for empty in self.root.iterdir():
            shutil.rmtree(empty)
        for each in staged.iterdir():
            shutil.move(each, self.root / each.name)


class Bucket:
    """The store of files where it is not a folder of this machine."""

    def __str__(self) -> str:
        return "the bucket of FILES_URL"

    def names(self) -> Iterator[str]:
        return store.everything()

    def open(self, name: str) -> IO[bytes]:
        return store.open(name)

    def stage(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="files.restoring-"))

    def take(self, staged: Path) -> None:
        found = Folder(staged)
        for name in found.names():
            with found.open(name) as source, store.written(name) as target, target.open("wb") as output:
                shutil.copyfileobj(source, output)


def folders() -> Mapping[str, Folder | Bucket]:
    """What is kept beside the database: uploads, exports and evidence, and the folders of file channels."""
    files = Folder(Path(settings.MEDIA_ROOT)) if store.is_folder() else Bucket()
    return {"files": files, "channels": Folder(Path(settings.CHANNELS_DIR))}


def fingerprint(key: str) -> str:
    """Tells keys apart, and nothing about them."""
    return HKDF(SHA256(), 8, salt=None, info=b"backup.fingerprint").derive(key.encode()).hex()


def fingerprints() -> tuple[str, list[str]]:
    """Of the present SECRET_KEY, and of its fallbacks."""
    return fingerprint(str(settings.SECRET_KEY)), [fingerprint(str(key)) for key in settings.SECRET_KEY_FALLBACKS]


def rows(cursor: Any) -> dict[str, int]:
    """Rows of each table."""
    cursor.execute(TABLES)
    counts = {}
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(name)))
        counts[name] = cursor.fetchone()[0]
    return counts


def occupants(cursor: Any) -> list[str]:
    """Tables, views and functions of the database; [] when it is empty."""
    cursor.execute(OCCUPIED)
    return [name for (name,) in cursor.fetchall()]


def migrations(database: BaseDatabaseWrapper) -> tuple[list[str], list[str]]:
    """Names of the migrations that the code has, and of those that the database still lacks."""
    executor = MigrationExecutor(database)
    known = sorted(f"{app}.{name}" for app, name in executor.loader.disk_migrations)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return known, [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
