"""`manage.py demo`: the whole product on this machine, in one process tree."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.embedded import processes
from inventory_ops.demo import lifecycle as demo

READY_SECONDS = 60
STOP_SECONDS = 6
PASSWORD = "demo"  # noqa: S105  (public on purpose; refused outside the demo)


class Command(BaseCommand):
    help = "Start services, sample data, web server, worker and beat. Ctrl-C stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fresh", action="store_true", help="start over with new sample data")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        self._refuse_busy_port(port)
        if options["fresh"] or demo.is_half_seeded():
            self._start_over()
        started = time.monotonic()
        if not demo.is_seeded():
            self.stdout.write("Preparing sample data, once. This takes about a minute …")
            demo.seed(now=timezone.now())
            self.stdout.write(f"Sample data is ready after {time.monotonic() - started:.0f} s.")
        self._processes: list[subprocess.Popen[bytes]] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            self._start(port)
            self._wait_until_ready(port)
            self._announce(port)
            self._watch()
        finally:
            self._stop()

    @staticmethod
    def _on_signal(*_: object) -> None:
        raise KeyboardInterrupt

    def _refuse_busy_port(self, port: int) -> None:
        if not 1 <= port <= 65535:
            raise CommandError("--port: use a number from 1 to 65535.")
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise CommandError(
                    f"Port {port} is in use. Stop what listens there, or choose another: --port {port + 1}"
                ) from None

    def _start_over(self) -> None:
        if os.environ.get("DATABASE_URL"):
            raise CommandError("--fresh empties the database; it does so only with the embedded one, not DATABASE_URL.")
        demo.drop_everything()
        call_command("migrate", verbosity=0, interactive=False)
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)

    def _start(self, port: int) -> None:
        env = os.environ | {"OPS_DEMO": "1", "PYTHONUNBUFFERED": "1", "OPS_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        log_dir = Path(settings.DATA_DIR) / "log"
        log_dir.mkdir(parents=True, exist_ok=True)
        python = [sys.executable, "-m"]
        commands = {
            "web": [
                *python,
                "gunicorn",
                "config.wsgi",
                "--bind",
                f"127.0.0.1:{port}",
                "--workers",
                "2",
                "--timeout",
                "120",
            ],
            "worker": [
                *python,
                "celery",
                "-A",
                "config.celery",
                "worker",
                "-c",
                "2",
                "-l",
                "WARNING",
                "--without-mingle",
                "--without-gossip",
                "-Q",
                "default,scans,imports,channels,iam",
            ],
            "beat": [
                *python,
                "celery",
                "-A",
                "config.celery",
                "beat",
                "-l",
                "WARNING",
                "-s",
                str(log_dir / "beat-schedule"),
            ],
        }
        for name, command in commands.items():
            self._processes.append(
                processes.start(
                    command,
                    log=log_dir / f"{name}.log",
                    stop_signal=signal.SIGTERM,
                    env=env,
                    cwd=settings.BASE_DIR,
                )
            )
        self._names = list(commands)

    def _wait_until_ready(self, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self._fail_if_ended()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise CommandError(f"The web server did not answer in {READY_SECONDS} s. See {settings.DATA_DIR}/log/web.log.")

    def _announce(self, port: int) -> None:
        self.stdout.write(f"Ready: http://127.0.0.1:{port}/")
        self.stdout.write("")
        self.stdout.write(f"Demo logins (password for each: {PASSWORD})")
        for email, role in demo.LOGINS.items():
            self.stdout.write(f"  {email:24} {role}")
        self.stdout.write("Ctrl-C stops everything.")
        self.stdout.flush()

    def _fail_if_ended(self) -> None:
        for name, process in zip(self._names, self._processes, strict=True):
            if process.poll() is not None:
                raise CommandError(f"The {name} process ended. See {settings.DATA_DIR}/log/{name}.log.")

    def _watch(self) -> None:
        try:
            while True:
                time.sleep(0.5)
                self._fail_if_ended()
        except KeyboardInterrupt:
            self.stdout.write("Stopping …")

    def _stop(self) -> None:
        """End each process with its children, politely first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(self._processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # whatever of the group is left
            process.wait()
