"""The tests run on the real embedded PostgreSQL and Valkey, with the real migrations."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

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


def pytest_sessionstart(session: pytest.Session) -> None:
    """As in each process that answers people: nothing is added to a registry after this."""
    from inventory_ops.kit.registry import Later

    Later.fill_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    for services in _stacks:
        services.release()
    if _stacks and not hasattr(config, "workerinput"):
        import shutil

        shutil.rmtree(os.environ["OPS_TEST_DATA_DIR"], ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any) -> None:
    """The database of this process is a copy of the migrated one."""
    from django.db import connections

    from tests import databases

    with django_db_blocker.unblock():
        if template := databases.migrated():
            connections["default"].settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture
def benchmarks_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of benchmarks is a copy of the migrated one, too."""
    from tests import databases
    from tests.bench import database

    if template := databases.migrated():
        monkeypatch.setattr(database, "_create", partial(database._create, template=template))


@pytest.fixture(scope="session", autouse=True)
def _flush_is_quick_and_knows_the_guards() -> Iterator[None]:
    from django.core.management.commands import flush
    from django.db.backends.postgresql.operations import DatabaseOperations

    from tests import databases

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", databases.empty)
        # it would make the content types and permissions anew, which are kept
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield
