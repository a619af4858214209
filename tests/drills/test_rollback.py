"""Back to an older schema and forth again, as docs/operations.md has it: the schema is the same as before."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.embedded.paths import Paths
from inventory_ops.operations.backups import tools
from tests import databases

NAME = "inventory_ops_rollback"
DOCUMENT = (Path(settings.BASE_DIR) / "docs/operations.md").read_text()
pytestmark = pytest.mark.django_db


@pytest.fixture
def copy() -> Iterator[str]:
    """Address of a migrated database of its own."""
    if not (template := databases.migrated()):
        pytest.skip("the tests use a server that is not ours")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(f"drop database if exists {NAME}")
            cursor.execute(f"create database {NAME} template {template}")
        yield Paths(Path(os.environ["OPS_TEST_DATA_DIR"]).resolve()).database_url(NAME)
        with other.cursor() as cursor:
            cursor.execute(f"drop database {NAME} with (force)")
    finally:
        other.close()


def manage(words: str, address: str) -> str:
    env = os.environ | {"DATABASE_URL": address, "REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, "manage.py", *words.split()]
    result = subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def schema(address: str) -> set[str]:
    """Its definitions, a line each: a column that came back stands last in its table, which is not a difference."""
    tool = tools.find("pg_dump", least=18)
    command = [tool.path, "--schema-only", f"--dbname={address}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {line.strip().rstrip(",") for line in text.splitlines() if not line.startswith(("\\", "--"))}


def test_back_and_forth(copy: str) -> None:
    shown, back = re.findall(r"uv run manage\.py ((?:showmigrations|migrate) .+)", DOCUMENT.split("\n## Rollback")[1])
    before = schema(copy)
    assert "[ ]" not in manage(shown, copy)
    manage(back, copy)
    gone = manage(shown, copy)
    assert re.search(r"\[ \].*inventory_ops\.", gone)
    manage("migrate", copy)
    assert schema(copy) == before


def test_a_migration_without_a_way_back_says_why() -> None:
    loader = MigrationLoader(connection)
    ours = {"inventory_ops", "trackers", "lost_damaged", "user_audit"}
    silent = []
    for (app, name), migration in loader.disk_migrations.items():
        if app in ours and not all(operation.reversible for operation in migration.operations):
            text = Path(str(sys.modules[type(migration).__module__].__file__)).read_text()
            if "way back" not in text:
                silent.append(f"{app}.{name}")
    assert silent == []
