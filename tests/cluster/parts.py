"""Processes of the cluster: each can be started, killed, frozen and woken, and ends with the cluster."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.embedded.processes import die_with_parent


@dataclass
class Part:
    """One process with all that it starts. `pid_file` names a process that left it, like PostgreSQL's."""

    name: str
    command: Sequence[str]
    log: Path
    user: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    pid_file: Path | None = None
    group: Path | None = None  # the control group to be in
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        if self.group:  # before it has loaded anything, let alone opened a socket
            (self.group / "cgroup.procs").write_text(str(self.process.pid))

    def all(self) -> list[psutil.Process]:
        """The process and everything below it, parents first."""
        roots = [self.process.pid] if self.process and self.process.poll() is None else []
        if self.pid_file and self.pid_file.exists():
            with suppress(ValueError, IndexError):
                roots.append(int(self.pid_file.read_text().split()[0]))
        found: list[psutil.Process] = []
        for pid in roots:
            with suppress(psutil.NoSuchProcess):
                root = psutil.Process(pid)
                found += [root, *root.children(recursive=True)]
        return found

    def send(self, what: signal.Signals) -> None:
        for each in self.all():
            with suppress(psutil.NoSuchProcess):
                each.send_signal(what)

    def kill(self) -> None:
        """As when the machine loses its power."""
        self.send(signal.SIGKILL)
        if self.process:
            self.process.wait(30)

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def wake(self) -> None:
        self.send(signal.SIGCONT)

    def ask_to_end(self, seconds: float) -> None:
        """End in order: what is under way is finished first."""
        if self.process:
            self.process.terminate()
            self.process.wait(seconds)

    def stop(self, seconds: float = 20) -> None:
        """Asked to end, and killed when it does not."""
        self.wake()
        everything = self.all()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        _gone, left = psutil.wait_procs(everything, timeout=1)
        for each in left:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(left, timeout=10)
        if self.process:
            self.process.wait(10)
