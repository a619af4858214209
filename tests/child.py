"""A second process on the test database, for tests in which a worker dies.

A fork of the test would carry its threads' locks and its database connections with it. A new interpreter does not,
but takes seconds to set Django up: so there is one of these, which forks for every piece of code and never connects.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

type Process = multiprocessing.process.BaseProcess


def start(code: str, *arguments: str) -> Process:
    """A process with Django set up on this test's database, running `code` with `arguments` in sys.argv[1:]."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.child_set_up"])
    parts = connection.settings_dict
    login = quote(parts["USER"] or "", safe="") + (f":{quote(parts['PASSWORD'], safe='')}" if parts["PASSWORD"] else "")
    host, port = quote(parts["HOST"] or "", safe=""), f":{parts['PORT']}" if parts["PORT"] else ""
    process = context.Process(target=_work, args=(code, arguments))
    with pytest.MonkeyPatch.context() as patch:  # the first process starts the server, which keeps these
        patch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
        patch.setenv("DATABASE_URL", f"postgresql://{login}@{host}{port}/{parts['NAME']}")
        patch.setenv("REDIS_URL", settings.REDIS_URL)
        patch.setenv("PYTHONPATH", str(settings.BASE_DIR), prepend=os.pathsep)
        process.start()
    return process


def _work(code: str, arguments: tuple[str, ...]) -> None:
    assert "tests.child_set_up" in sys.modules
    sys.argv[1:] = arguments
    exec(code, {"__name__": "__main__"})  # noqa: S102  (the test's own)


def run(code: str) -> int:
    """Run `code` to its end; answers its exit code: the negative number of the signal that killed it."""
    process = start(code)
    process.join(300)
    assert process.exitcode is not None, "the process does not end"
    return process.exitcode
