"""A local AWS IAM endpoint in a process of its own, on loopback.

`start(data_dir)` gives a running endpoint: the one that `data_dir` already names, or a new one.
The endpoint is moto with a strict layer (strict.py) for what moto is too lax about, seeded once
with a believable organisation (seed.py), and it keeps its state in `data_dir` across restarts.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

from config.embedded import processes
from config.embedded.paths import CHECKOUT

STATE_FILE = "aws.json"
START_SECONDS = 60
STOP_SECONDS = 8


@dataclass(frozen=True)
class Handle:
    """A running endpoint, and the key of the application's own IAM user in it."""

    url: str
    pid: int
    token: str
    access_key_id: str
    secret_access_key: str
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Stops the process if this handle started it; its state is written before it ends."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGTERM, seconds=STOP_SECONDS)


def start(data_dir: Path, *, organisation: bool = True, crowd: int = 0) -> Handle:
    """Starts the endpoint or attaches to the one already running for `data_dir`.

    organisation: seed the demo organisation when `data_dir` holds no state yet (False: empty
    accounts with the application's own identity and roles only). crowd: so many ordinary users
    more in each account, for benchmarks.
    Raises RuntimeError when no endpoint answers within START_SECONDS.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "aws.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once must not start two
        return find(data_dir) or _spawn(data_dir, organisation=organisation, crowd=crowd)


def find(data_dir: Path) -> Handle | None:
    """The endpoint that `data_dir` names, if it answers with its token; else None."""
    try:
        handle = Handle(**json.loads((data_dir / STATE_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return handle if _answers(handle) else None


def reset(handle: Handle) -> None:
    """Puts the endpoint back to its seed. Raises OSError when it does not answer."""
    request = urllib.request.Request(f"{handle.url}/ops/reset", headers={"X-Ops-Token": handle.token})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - our own address
        pass


def _spawn(data_dir: Path, *, organisation: bool, crowd: int) -> Handle:
    token = secrets.token_hex(16)
    (data_dir / STATE_FILE).unlink(missing_ok=True)
    log = data_dir / "aws.log"
    process = processes.start(
        [sys.executable, "-m", "config.embedded.aws.server", data_dir],
        log=log,
        stop_signal=signal.SIGTERM,
        cwd=CHECKOUT,
        env={
            **os.environ,
            "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
            "OPS_EMBEDDED_AWS_TOKEN": token,
            "OPS_EMBEDDED_AWS_SEED": "organisation" if organisation else "bare",
            "OPS_EMBEDDED_AWS_CROWD": str(crowd),
        },
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = find(data_dir)
        if found is not None and found.token == token:
            return replace(found, process=process)
        time.sleep(0.05)
    processes.stop(process, signal.SIGKILL, seconds=1)
    raise RuntimeError(f"The local IAM endpoint did not start. Last lines of {log}:\n{processes.tail(log)}")


def _answers(handle: Handle) -> bool:
    try:
        with urllib.request.urlopen(f"{handle.url}/ops/ready", timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.read().decode() == handle.token)
    except (OSError, ValueError):
        return False
