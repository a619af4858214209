"""The process that owns the embedded services of one data folder: `python -m config.embedded.supervisor DIR [--fast]`.

It starts them, and stops them when no process uses them any more. Users hold a shared lock on a file, which the
kernel gives back however they end; so nothing is left behind even after `kill -9` of the launcher, and two
commands at once share one server.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.embedded import postgres, valkey
from config.embedded.paths import Paths

POLL_SECONDS = 0.1
# seconds before each try to bring a service back that died; its children may need a moment to be gone
HEAL_DELAYS = (0.1, 0.4, 1, 2, 4, 4)
HEAL_WINDOW = 120  # so often within so many seconds, and the supervisor gives up


class Keeper:
    """State of the running services; `run()` blocks until the last user is gone."""

    def __init__(self, paths: Paths, *, fast: bool) -> None:
        self.paths = paths
        self.fast = fast
        self.asked_to_stop = False
        self.aws: Any = None
        self.deaths: list[float] = []

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self.postgres = postgres.start(self.paths, fast=self.fast)
        try:
            self.valkey = valkey.start(self.paths)
            try:
                self._announce()
                self._wait_for_last_user()
            finally:
                if self.aws is not None:
                    self.aws.stop()
                valkey.stop(self.valkey)
        finally:
            postgres.stop(self.postgres)
            self.paths.supervisor_file.unlink(missing_ok=True)
            self.paths.aws_request.unlink(missing_ok=True)

    def _on_signal(self, *_: object) -> None:
        self.asked_to_stop = True

    def _announce(self) -> None:
        state = {
            "pid": os.getpid(),
            "postgres_pid": self.postgres.pid,
            "valkey_pid": self.valkey.pid,
            "aws_url": self.aws.url if self.aws else None,
        }
        new = self.paths.supervisor_file.with_suffix(".new")
        new.write_text(json.dumps(state))
        new.replace(self.paths.supervisor_file)

    def _wait_for_last_user(self) -> None:
        with self.paths.users_lock.open("a") as users:
            while not self.asked_to_stop:
                time.sleep(POLL_SECONDS)
                self._heal()
                if self.aws is None and self.paths.aws_request.exists():
                    self._start_aws()
                with suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if self._nobody_is_starting():
                        return
                    fcntl.flock(users, fcntl.LOCK_UN)

    def _heal(self) -> None:
        """Bring a service back that died. Raises RuntimeError when it cannot be: then all is stopped."""
        while not self.asked_to_stop and (self.postgres.poll() is not None or self.valkey.poll() is not None):
            now = time.monotonic()
            self.deaths = [at for at in self.deaths if now - at < HEAL_WINDOW] + [now]
            if len(self.deaths) > len(HEAL_DELAYS):
                log = self.paths.log_dir
                raise RuntimeError(f"PostgreSQL or Valkey ends again and again: see postgres.log, valkey.log in {log}.")
            time.sleep(HEAL_DELAYS[len(self.deaths) - 1])
            try:
                if self.postgres.poll() is not None:
                    print("PostgreSQL ended; starting it again", file=sys.stderr, flush=True)
                    self.postgres = postgres.start(self.paths, fast=self.fast)
                if self.valkey.poll() is not None:
                    print("Valkey ended; starting it again", file=sys.stderr, flush=True)
                    self.valkey = valkey.start(self.paths)
            except RuntimeError as error:
                print(error, file=sys.stderr, flush=True)
            else:
                self._announce()

    def _nobody_is_starting(self) -> bool:
        """Take the start lock permanently, so that a newcomer waits until everything here is down."""
        self.start_lock = self.paths.start_lock.open("a")
        try:
            fcntl.flock(self.start_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.start_lock.close()
            return False
        return True

    def _start_aws(self) -> None:
        from config.embedded import aws  # heavy, and most commands do without

        self.aws = aws.start(self.paths.aws_dir)
        self._announce()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--fast", action="store_true", help="no fsync: for tests only")
    options = parser.parse_args()
    try:
        Keeper(Paths(options.data_dir), fast=options.fast).run()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
