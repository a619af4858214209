"""Runs the product until it is asked to stop: starts its processes, heals them, and stops them in order."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from config.embedded import stack
from inventory_ops.management.serving import parts

STOP_SECONDS = 6
POLL_SECONDS = 0.2


class Supervisor:
    """The process tree of one port. `say` prints one line."""

    def __init__(self, *, port: int, say: Callable[[str], None]) -> None:
        self.port = port
        self.say = say
        self.url = f"http://127.0.0.1:{port}/"
        self.parts: list[parts.Part] = []

    @contextmanager
    def single_instance(self) -> Iterator[None]:
        """Refuse a busy port, and a second start over the same data folder: its services are one's own."""
        self._refuse_busy_port()
        folder = Path(settings.DATA_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "serve.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CommandError(f"This runs already over {folder}. Stop it first, or set OPS_DATA_DIR.") from None
            yield

    def run(self, *, on_ready: Callable[[str], None]) -> None:
        """Start everything, call `on_ready` with the address, and look after it until SIGINT or SIGTERM."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _interrupt)
        try:
            self._start()
            while not self._answers():
                self._look_after()
            on_ready(self.url)
            while True:
                self._look_after()
        except KeyboardInterrupt:
            self.say("Stopping …")
        except (parts.CannotBeKept, RuntimeError) as error:
            raise CommandError(f"{error}\nEverything was stopped; nothing that was saved is lost.") from error
        finally:
            self._stop()

    def _start(self) -> None:
        folder = Path(settings.DATA_DIR) / "log"
        public = os.environ.get("OPS_PUBLIC_URL") or self.url.rstrip("/")
        env = os.environ | {"PYTHONUNBUFFERED": "1", "OPS_PUBLIC_URL": public}
        self.parts = parts.of_product(port=self.port, env=env, cwd=Path(settings.BASE_DIR), log_dir=folder)
        for part in self.parts:
            part.start()
            self.say(f"{part.name.capitalize():<9} started, log in {part.log}")

    def _look_after(self) -> None:
        time.sleep(POLL_SECONDS)
        services = stack.current()
        if services is not None and services.is_gone():
            self.say("The embedded services ended; they are started again.")
            services.bring_back()
        for part in self.parts:
            if said := part.look_after():
                self.say(said)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}healthz", timeout=5):  # noqa: S310  (our own address)
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _refuse_busy_port(self) -> None:
        if not 1 <= self.port <= 65535:
            raise CommandError("--port: use a number from 1 to 65535.")
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                other = self.port + 1 if self.port < 65535 else self.port - 1
                raise CommandError(
                    f"Port {self.port} is in use. Stop what listens there, or choose another: --port {other}"
                ) from None

    def _stop(self) -> None:
        """End each process with its children, politely first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for part in reversed(self.parts):
            part.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for part in self.parts:
            part.end(deadline=deadline)
        sys.stdout.flush()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
