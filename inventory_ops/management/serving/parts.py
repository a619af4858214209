"""The processes of the product, and one of them kept alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.celery import QUEUES
from config.embedded import processes

DELAYS = (0.5, 1, 2, 4, 8)  # seconds before the next start of a process that died
SETTLED = 60  # whoever lived this long begins again with the first delay


class CannotBeKept(Exception):
    """A process ends again and again; the message says what to look at."""


@dataclass(slots=True)
class Part:
    """One process: started, looked after, stopped."""

    name: str
    command: list[str]
    log: Path
    env: Mapping[str, str]
    cwd: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    deaths: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.process = processes.start(
            self.command, log=self.log, stop_signal=signal.SIGTERM, env=dict(self.env), cwd=self.cwd
        )
        self.started_at = time.monotonic()

    def look_after(self) -> str:
        """Start it again when it ended, later each time. Answers what to say, or "". Raises CannotBeKept."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due_at:
                self.start()
            return ""
        if self.process.poll() is None:
            if self.deaths and now - self.started_at > SETTLED:
                self.deaths.clear()
            return ""
        return self._died(self.process, now)

    def _died(self, process: subprocess.Popen[bytes], now: float) -> str:
        how = f"exit {process.returncode}" if process.returncode >= 0 else f"signal {-process.returncode}"
        self.end_group()
        self.process = None
        self.deaths.append(how)
        if len(self.deaths) > len(DELAYS):
            raise CannotBeKept(
                f"The {self.name} process ended {len(self.deaths)} times in a row ({how}). "
                f"Last lines of {self.log}:\n{processes.tail(self.log)}"
            )
        delay = DELAYS[len(self.deaths) - 1]
        self.due_at = now + delay
        return f"The {self.name} process ended ({how}); it starts again in {delay:g} s."

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)

    def end(self, *, deadline: float) -> None:
        """Wait until `deadline`, then kill what is left of it and its children."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, deadline - time.monotonic()))
        self.end_group()
        self.process.wait()

    def end_group(self) -> None:
        """Its children, too: those of a killed web server would keep the port."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def of_product(*, port: int, env: Mapping[str, str], cwd: Path, log_dir: Path) -> list[Part]:
    """Web server, worker and beat."""
    celery = ["celery", "-A", "config.celery"]
    commands = {
        "web": [
            *("gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--timeout", "120"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        ],
        "worker": [
            *celery,
            *("worker", "-c", "2", "-l", "WARNING", "--without-mingle", "--without-gossip", "-Q", ",".join(QUEUES)),
        ],
        "beat": [*celery, "beat", "-l", "WARNING"],
    }
    log_dir.mkdir(parents=True, exist_ok=True)
    return [
        Part(name, [sys.executable, "-m", *command], log_dir / f"{name}.log", env, cwd)
        for name, command in commands.items()
    ]
