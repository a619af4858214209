"""What a backup is made of and restored into: the database's tables, the folders of files, the key's fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

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


def folders() -> Mapping[str, Path]:
    """What is kept beside the database: uploads, exports and evidence, and the folders of file channels."""
    return {"files": Path(settings.MEDIA_ROOT), "channels": Path(settings.CHANNELS_DIR)}


def files(folder: Path) -> Iterator[Path]:
    """All files below, in order; links and what is not a file are left out."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


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
