"""The tests run on the real embedded PostgreSQL and Valkey, with the real migrations."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from config.embedded import stack
from config.embedded.paths import Paths

_stacks: list[stack.Stack] = []


def _start_services() -> None:
    """Start the services before Django reads its settings; the workers of xdist share the controller's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    if "OPS_TEST_DATA_DIR" not in os.environ:
        os.environ["OPS_TEST_DATA_DIR"] = tempfile.mkdtemp(prefix="ops-test-")
    os.environ["OPS_DATA_DIR"] = os.environ["OPS_TEST_DATA_DIR"]
    services = stack.Stack(Paths(Path(os.environ["OPS_DATA_DIR"]).resolve()))
    services.acquire(fast=True)
    _stacks.append(services)


def pytest_configure(config: pytest.Config) -> None:
    _start_services()
    import django.conf

    # loads the settings, now that the services have an address: pytest-django, whose turn is last, does the rest
    assert django.conf.settings.INSTALLED_APPS
    importlib.import_module("config.celery")  # the broker of the tests: without it a sent task waits for one elsewhere
    # hashing a password properly takes as long as ten tests
    django.conf.settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.conf.settings.WHITENOISE_AUTOREFRESH = True
    # how long an example takes says something about the machine, nothing about the code
    hypothesis.settings.register_profile("suite", deadline=None)
    hypothesis.settings.load_profile("suite")


def pytest_unconfigure(config: pytest.Config) -> None:
    for services in _stacks:
        services.release()
    if _stacks and not hasattr(config, "workerinput"):
        import shutil

        shutil.rmtree(os.environ["OPS_TEST_DATA_DIR"], ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _flush_knows_the_guards() -> Iterator[None]:
    """After a committing test Django truncates all tables: pass the append-only guards, and keep the fixed lists."""
    from django.db import connections
    from django.db.backends.postgresql.operations import DatabaseOperations

    fixed_lists = importlib.import_module("inventory_ops.migrations.0002_guards").FIXED_LISTS

    def execute_sql_flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias), connections[self.connection.alias].cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            for sql in [*sql_list, "truncate inventory_ops_inventoryevent", fixed_lists]:
                cursor.execute(sql)

    from django.db import transaction

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield
