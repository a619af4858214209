"""Triggers and functions of the database are those of `<app>/sql/*.sql`, each in one file, applied by migrations."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from inventory_ops.kit.db.sql_files import ApplySql, digest_of, drops

APPS = ("inventory_ops", "trackers", "lost_damaged", "user_audit")
FILES = sorted(path for app in APPS for path in (Path(settings.BASE_DIR) / app / "sql").glob("*.sql"))
IDS = [f"{path.parent.parent.name}/{path.stem}" for path in FILES]

# partitions of the ledger are made by a function, and rows are guarded by the triggers of the whole table
DEFINITIONS = """
select 'function ' || p.proname, pg_get_functiondef(p.oid)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
left join pg_depend d on d.objid = p.oid and d.deptype = 'e'
where n.nspname = 'public' and d.objid is null
union all
select 'trigger ' || t.tgname || ' on ' || c.relname, pg_get_triggerdef(t.oid)
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where not t.tgisinternal and t.tgparentid = 0 and c.relname !~ '^inventory_ops_inventoryevent_\\d+$'
union all
select 'view ' || viewname, definition from pg_views where schemaname = 'public'
"""


def definitions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(DEFINITIONS)
        return dict(cursor.fetchall())


def named_in(text: str) -> list[str]:
    """What a file makes, named as in `DEFINITIONS`."""
    found = [f"function {name}" for name in re.findall(r"^create or replace function (\w+)", text, re.M)]
    found += [f"view {name}" for name in re.findall(r"^create or replace view (\w+)", text, re.M)]
    triggers = re.findall(r"^create (?:or replace |constraint )trigger (\w+)\b.*?\bon (\w+)", text, re.M | re.S)
    return found + [f"trigger {name} on {table}" for name, table in triggers]


def applied() -> dict[tuple[str, str], list[str]]:
    """The digests by which migrations name each file, in their order."""
    loader = MigrationLoader(None)
    found: dict[tuple[str, str], list[str]] = {}
    for app in APPS:
        for key in sorted(key for key in loader.disk_migrations if key[0] == app):
            for operation in loader.disk_migrations[key].operations:
                if isinstance(operation, ApplySql):
                    found.setdefault((operation.app, operation.name), []).append(operation.digest)
    return found


@pytest.mark.django_db
def test_each_function_trigger_and_view_of_the_database_is_in_one_file() -> None:
    counted = Counter(name for path in FILES for name in named_in(path.read_text()))
    assert [name for name, times in counted.items() if times > 1] == []
    assert sorted(counted) == sorted(definitions())


@pytest.mark.django_db
@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_database_has_what_the_file_says(path: Path) -> None:
    before = definitions()
    with connection.cursor() as cursor:
        cursor.execute(path.read_text())
    assert definitions() == before


@pytest.mark.django_db
def test_a_file_that_says_something_else_is_found() -> None:
    text = (Path(settings.BASE_DIR) / "inventory_ops/sql/append_only.sql").read_text()
    before = definitions()
    with connection.cursor() as cursor:
        cursor.execute(text.replace("Book a new row", "Write a new row"))
    changed = {name for name, body in definitions().items() if before[name] != body}
    assert changed == {"function inventory_ops_refuse_change"}


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_last_migration_that_names_a_file_knows_its_text(path: Path) -> None:
    app, name = path.parent.parent.name, path.stem
    assert (app, name) in applied(), f"No migration applies {path}."
    assert applied()[app, name][-1] == digest_of(path.read_text()), (
        f"{path} was changed: add a migration with ApplySql({app!r}, {name!r}, {digest_of(path.read_text())!r})."
    )


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_each_file_begins_with_what_it_keeps_true(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("-- "), path
    assert max(map(len, lines)) <= 130  # bodies stand as they were written


@pytest.mark.django_db
@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_what_a_file_makes_can_be_taken_away_and_made_again(path: Path) -> None:
    before = definitions()
    text = path.read_text()
    with connection.cursor() as cursor:
        if path.stem != "uids":  # an index stands on its function
            cursor.execute(drops(text))
            assert not set(named_in(text)) & set(definitions())
        cursor.execute(text)
    assert {name: definitions()[name] for name in named_in(text)} == {name: before[name] for name in named_in(text)}


def test_every_app_with_triggers_is_looked_at() -> None:
    with_sql = {config.label for config in apps.get_app_configs() if (Path(config.path) / "sql").is_dir()}
    assert with_sql == set(APPS)
