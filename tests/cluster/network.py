"""Cuts a part of the cluster off the network of this machine: nothing that it sends arrives, and nothing reaches it.

Its processes are in a control group of their own from the start, since a socket stays in the group that made it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOTS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))  # of version 2, by itself or beside version 1
FOLDER = f"ops-cluster-{os.getpid()}"


def group(name: str) -> Path | None:
    """A control group for a part; None where this user or machine has none, or cannot drop packets by it."""
    root = next((each for each in ROOTS if (each / "cgroup.procs").exists()), None)
    if root is None or os.geteuid() != 0 or shutil.which("iptables") is None:
        return None
    path = root / FOLDER / name
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return path


@contextmanager
def cut(name: str, ports: Sequence[int]) -> Iterator[None]:
    """Without network for the length of the block: the part of this name, which listens on these ports."""
    rules = [["OUTPUT", "-o", "lo", "-m", "cgroup", "--path", f"{FOLDER}/{name}", "-j", "DROP"]]
    rules += [["INPUT", "-i", "lo", "-p", "tcp", "--dport", str(port), "-j", "DROP"] for port in ports]
    set_up = []
    try:
        for rule in rules:
            subprocess.run(["iptables", "-I", *rule], check=True, capture_output=True)
            set_up.append(rule)
        yield
    finally:
        for rule in set_up:
            subprocess.run(["iptables", "-D", *rule], check=True)


def tidy() -> None:
    """Remove the control groups, once their processes have ended."""
    for root in ROOTS:
        for path in [*sorted((root / FOLDER).glob("*/")), root / FOLDER]:
            with suppress(OSError):
                path.rmdir()
