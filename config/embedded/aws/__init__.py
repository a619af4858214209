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
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

STATE_FILE = "aws.json"
START_SECONDS = 60
STOP_SECONDS = 8


class StartError(RuntimeError):
    """The local IAM endpoint did not come up; the message names the log to read."""


@dataclass(frozen=True)
class Handle:
    """A running endpoint. `owned` tells whether this handle started it, and so may stop it."""

    url: str
    pid: int
    token: str
    access_key_id: str
    secret_access_key: str
    owned: bool

    def stop(self) -> None:
        """Stops the process if this handle started it; state is written before it ends."""
        if self.owned:
            _terminate(self.pid)


def start(data_dir: Path, *, organisation: bool = True, port: int = 0) -> Handle:
    """Starts the endpoint or attaches to the one already running for `data_dir`.

    organisation: seed the demo organisation when `data_dir` holds no state yet (False: an empty
    account with the app's own identity only).
    Raises StartError when no endpoint answers within START_SECONDS.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "aws.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once must not start two
        running = find(data_dir)
        if running is not None:
            return running
        return _spawn(data_dir, organisation=organisation, port=port)


def find(data_dir: Path) -> Handle | None:
    """The endpoint that `data_dir` names, if it answers with its token; else None."""
    try:
        state = json.loads((data_dir / STATE_FILE).read_text())
        handle = Handle(**state, owned=False)
    except (OSError, ValueError, TypeError):
        return None
    return handle if _answers(handle) else None


def _spawn(data_dir: Path, *, organisation: bool, port: int) -> Handle:
    token = secrets.token_hex(16)
    state_path = data_dir / STATE_FILE
    state_path.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "config.embedded.aws.server",
        str(data_dir),
        str(port),
    ]
    environment = {
        **os.environ,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "OPS_EMBEDDED_AWS_TOKEN": token,
        "OPS_EMBEDDED_AWS_SEED": "organisation" if organisation else "bare",
    }
    log_path = data_dir / "aws.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[3],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the launcher, which stops us in order
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        found = find(data_dir)
        if found is not None and found.token == token:
            return Handle(**{**asdict(found), "owned": True})
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise StartError(f"The local IAM endpoint did not start. Read {log_path} for the reason.")


def _answers(handle: Handle) -> bool:
    try:
        with urllib.request.urlopen(f"{handle.url}/ops/ready", timeout=2) as response:
            return bool(response.read().decode() == handle.token)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _terminate(pid: int) -> None:
    """Ends the process: SIGTERM, and SIGKILL when it has not gone after STOP_SECONDS."""
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if _gone(pid):
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    _gone(pid)


def _gone(pid: int) -> bool:
    try:
        reaped, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # not our child: only look whether it is there
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False
    return reaped == pid
