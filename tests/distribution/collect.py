"""The statements that PostgreSQL runs while tests do, those of triggers and functions included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from config.embedded import stack
from config.embedded.paths import CHECKOUT, Paths

MOST_STATEMENTS = 50_000
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": str(MOST_STATEMENTS),
    "pg_stat_statements.track": "all",
    "pg_stat_statements.track_utility": "off",
}
MIGRATE = "import django; django.setup(); from tests import databases; databases.migrated()"
# One row a statement, whichever database of a worker ran it. Values stand as $1, $2 …
STATEMENTS = """
select min(s.query), bool_and(s.toplevel), sum(s.calls)::bigint
from pg_stat_statements s
where s.query ~* '^\\s*(/\\*.*?\\*/\\s*)?(with|select|insert|update|delete|merge)\\M'
  and s.query !~ 'pg_catalog|pg_stat|pg_class'
group by s.queryid
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its values taken out; not `is_direct`: a function or a trigger ran it."""

    sql: str
    is_direct: bool
    calls: int


def collect(tests: Sequence[str], target: Path) -> None:
    """Run these tests on a server that keeps its statements, and write them to a file (JSON)."""
    with tempfile.TemporaryDirectory(prefix="ops-statements-") as folder:
        paths = Paths(Path(folder).resolve())
        services = stack.Stack(paths)
        services.acquire(fast=True)
        with psycopg.connect(paths.database_url("postgres"), autocommit=True) as server:
            for name, value in SETTINGS.items():
                server.execute(f"alter system set {name} = '{value}'")  # type: ignore[arg-type]
        services.release()
        services.acquire(fast=True)
        try:
            environment = os.environ | {
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "OPS_TEST_DATA_DIR": folder,
                "DATABASE_URL": paths.database_url("inventory_ops"),
                "REDIS_URL": paths.redis_url,
            }
            subprocess.run([sys.executable, "-c", MIGRATE], cwd=CHECKOUT, env=environment, check=True)
            with psycopg.connect(paths.database_url("postgres"), autocommit=True) as server:
                server.execute("create extension pg_stat_statements")
                server.execute("select pg_stat_statements_reset()")  # migrations are no work of every day
            subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=CHECKOUT, env=environment, check=False)
            with psycopg.connect(paths.database_url("postgres"), autocommit=True) as server:
                found = [Statement(*row) for row in server.execute(STATEMENTS)]
        finally:
            services.release()
    target.write_text(json.dumps([asdict(each) for each in found]))


def read(source: Path) -> list[Statement]:
    return [Statement(**each) for each in json.loads(source.read_text())]
