"""Start and stop of one service process, tied to the life of the process that started it."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` by which the kernel ends the child when its parent is gone, even by `kill -9`.

    Linux only; elsewhere None, and the services outlive a killed supervisor until the next start finds them.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def set_signal() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)

    return set_signal


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    stop_signal: signal.Signals,
    user: str | None = None,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`; it is sent `stop_signal` if the parent dies."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the terminal reaches the launcher alone, which stops in order
            user=user,
            env=env,
            cwd=cwd,
            preexec_fn=die_with_parent(stop_signal),
        )


def stop(process: subprocess.Popen[bytes], with_signal: signal.Signals, *, seconds: float) -> None:
    """Ask `process` to stop, wait, and kill it when it does not."""
    if process.poll() is not None:
        return
    process.send_signal(with_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
