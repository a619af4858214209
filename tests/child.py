"""A second process on the test database, for tests in which a worker dies.

A fork would carry the threads' locks and the database connections of the test with it; a fresh interpreter does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import quote

from django.conf import settings
from django.db import connection


def start(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A new interpreter with Django set up on this test's database, running `code` with `arguments` in sys.argv[1:]."""
    parts = connection.settings_dict
    login = quote(parts["USER"] or "", safe="") + (f":{quote(parts['PASSWORD'], safe='')}" if parts["PASSWORD"] else "")
    host, port = quote(parts["HOST"] or "", safe=""), f":{parts['PORT']}" if parts["PORT"] else ""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgresql://{login}@{host}{port}/{parts['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
    }
    command = [sys.executable, "-c", f"import django\ndjango.setup()\nimport config.celery\n{code}", *arguments]
    return subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)


def run(code: str) -> int:
    """Run `code` to its end; answers its exit code: the negative number of the signal that killed it."""
    return start(code).wait(timeout=120)
