"""The code that nodes run: this checkout's, or that of an older commit, to be upgraded from."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.embedded.paths import CHECKOUT


@dataclass(frozen=True, slots=True)
class Code:
    folder: Path
    python: Path


CURRENT = Code(CHECKOUT, Path(sys.executable))


def last_release() -> str:
    """The last tag before this commit; empty when there is none."""
    asked = ["git", "describe", "--tags", "--abbrev=0", "HEAD^"]
    return subprocess.run(asked, cwd=CHECKOUT, capture_output=True, text=True).stdout.strip()


def of(revision: str, folder: Path) -> Code:
    """A commit of this repository in a folder, with the packages that it locked."""
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", revision], cwd=CHECKOUT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    outside = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "UV_PROJECT"}}
    command = ["uv", "sync", "--quiet", "--locked", "--group", "cluster"]
    subprocess.run(command, cwd=folder, check=True, env=outside)
    return Code(folder, folder / ".venv" / "bin" / "python")
