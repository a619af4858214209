"""Use of the embedded services by one process: `with stack.running(): …`.

The first user starts the supervisor, the last one to leave waits until it has stopped everything.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from config.embedded import processes
from config.embedded.paths import CHECKOUT, Paths, default_data_dir

READY_SECONDS = 330
STOP_SECONDS = 30
BACK_SECONDS = 60  # for a supervisor that was killed: its services first have to be down


class Stack:
    """A share in the services of one data folder, held until `release()`."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self._users: IO[str] | None = None
        self._fast = False
        self._started: subprocess.Popen[bytes] | None = None  # the supervisor, where this process started it

    def acquire(self, *, fast: bool = False) -> None:
        """Make sure that PostgreSQL and Valkey run. Raises RuntimeError that says what to do."""
        self._fast = fast
        self._create_folders()
        with self.paths.start_lock.open("a") as start_lock:
            fcntl.flock(start_lock, fcntl.LOCK_EX)
            self._users = self.paths.users_lock.open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not self._supervisor_is_alive():
                self._start_supervisor(fast=fast)

    def is_gone(self) -> bool:
        """Did the supervisor end, though the services are in use? It heals them itself as long as it can."""
        return not self._supervisor_is_alive()

    def bring_back(self) -> None:
        """Start the services again after their supervisor ended. Raises RuntimeError that says what to look at."""
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            with self.paths.start_lock.open("a") as start_lock:
                fcntl.flock(start_lock, fcntl.LOCK_EX)
                try:
                    if not self._supervisor_is_alive():
                        self._start_supervisor(fast=self._fast)
                    return
                except RuntimeError:
                    if time.monotonic() > deadline:
                        raise
            time.sleep(1)

    def aws_url(self) -> str:
        """Address of the local IAM endpoint, which is started when it does not run yet."""
        self.paths.aws_request.touch()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if url := self._state().get("aws_url"):
                return str(url)
            if not self._supervisor_is_alive():
                break
            time.sleep(0.05)
        log = self.paths.log_dir / "supervisor.log"
        raise RuntimeError(f"The local IAM endpoint did not start. Last lines of {log}:\n{processes.tail(log)}")

    def release(self) -> None:
        """Give the share back; if it was the last one, wait until all services have stopped."""
        if self._users is None:
            return
        fcntl.flock(self._users, fcntl.LOCK_UN)
        self._users.close()
        self._users = None
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and self._supervisor_is_alive():
            with self.paths.users_lock.open("a") as users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    # held by another user, or by the supervisor that is on its way down: only then wait on
                    if not self._is_stopping():
                        return
            time.sleep(0.05)
        if self._started is not None:
            with suppress(subprocess.TimeoutExpired):
                self._started.wait(STOP_SECONDS)
            self._started = None

    def _is_stopping(self) -> bool:
        with self.paths.start_lock.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _create_folders(self) -> None:
        try:
            for folder in (self.paths.data_dir, self.paths.log_dir):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RuntimeError(
                f"Cannot write to the data folder {self.paths.data_dir} ({error.strerror}). "
                "Set OPS_DATA_DIR to a folder that you may write to."
            ) from error

    def _state(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self.paths.supervisor_file.read_text())
        except (OSError, ValueError):
            return {}
        return state

    def _supervisor_is_alive(self) -> bool:
        pid = self._state().get("pid")
        if not pid:
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        with suppress(OSError):  # a pid may have been given to somebody else since
            return b"config.embedded.supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return True

    def _start_supervisor(self, *, fast: bool) -> None:
        self.paths.supervisor_file.unlink(missing_ok=True)
        log = self.paths.log_dir / "supervisor.log"
        command = [
            sys.executable,
            "-m",
            "config.embedded.supervisor",
            str(self.paths.data_dir),
            *(["--fast"] * fast),
        ]
        with log.open("ab") as output:
            self._started = supervisor = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=CHECKOUT,
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._state().get("pid") == supervisor.pid:
                return
            if supervisor.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"The embedded services did not start. Last lines of {log}:\n{processes.tail(log)}")


_current: list[Stack] = []


def current() -> Stack | None:
    """The share that this process holds by `running()`, if any."""
    return _current[-1] if _current else None


@contextmanager
def running(paths: Paths | None = None, *, fast: bool = False) -> Iterator[Stack]:
    """Hold the embedded services of `paths` (default: the default data folder) for the time of a block."""
    stack = Stack(paths or Paths(default_data_dir()))
    stack.acquire(fast=fast)
    _current.append(stack)
    try:
        yield stack
    finally:
        _current.remove(stack)
        stack.release()
