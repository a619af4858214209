"""Two first commands at once do not trip over each other."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory_ops.kit import broker
from inventory_ops.kit.db import migrations
from inventory_ops.management import migrating
from inventory_ops.queries import health


def test_only_one_migrates_at_a_time(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    inside: list[int] = []
    most: list[int] = []

    def work(*_: object, **__: object) -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()

    monkeypatch.setattr(migrating, "call_command", work)
    monkeypatch.setattr(migrating.migrations, "missing", lambda: {("inventory_ops", "0001_tables")})
    threads = [threading.Thread(target=migrating.migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


@pytest.mark.django_db
def test_what_is_missing_is_found_by_name_as_django_finds_it() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert migrations.missing() == set()
    last = ("lost_damaged", max(name for app, name in executor.loader.applied_migrations if app == "lost_damaged"))
    MigrationRecorder(connection).record_unapplied(*last)
    assert migrations.missing() == {last}
    assert health.migrations() == "1 to apply: run manage.py migrate"


@pytest.mark.django_db
def test_a_complete_schema_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "call_command", lambda *_, **__: pytest.fail("migrate was called"))
    migrating.migrate()


@pytest.mark.django_db
def test_probes_keep_their_connections(client: Client) -> None:
    """What a probe asks every few seconds costs one answer of each service, and no new connection."""
    assert client.get("/healthz").json()["status"] == "ok"
    pool = broker.client().connection_pool
    before = {id(each) for each in pool._available_connections}  # type: ignore[attr-defined]
    with CaptureQueriesContext(connection) as queries:
        client.get("/healthz")
    assert len(queries) <= 3
    assert {id(each) for each in pool._available_connections} == before  # type: ignore[attr-defined]
