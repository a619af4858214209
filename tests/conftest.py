"""The tests run on the real embedded PostgreSQL and Valkey, with the real migrations."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import stack
from config.embedded.paths import Paths

_stacks: list[stack.Stack] = []


def pytest_configure(config: pytest.Config) -> None:
    """Start the services before Django reads its settings; the workers of xdist share the controller's."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    if "OPS_TEST_DATA_DIR" not in os.environ:
        os.environ["OPS_TEST_DATA_DIR"] = tempfile.mkdtemp(prefix="ops-test-")
    os.environ["OPS_DATA_DIR"] = os.environ["OPS_TEST_DATA_DIR"]
    services = stack.Stack(Paths(Path(os.environ["OPS_DATA_DIR"]).resolve()))
    services.acquire(fast=True)
    _stacks.append(services)


def pytest_unconfigure(config: pytest.Config) -> None:
    for services in _stacks:
        services.release()
    if _stacks and not hasattr(config, "workerinput"):
        import shutil

        shutil.rmtree(os.environ["OPS_TEST_DATA_DIR"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _append_only_tables_are_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Committing tests leave rows that only a superuser who switches triggers off can remove: do that for them."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        return
    from django.db import connection

    blocker = request.getfixturevalue("django_db_blocker")
    with blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("truncate inventory_ops_inventoryevent, inventory_ops_auditevent")
        cursor.execute("set session_replication_role = origin")
