"""Measuring: wall clock, peak memory of this process, and the time spent in statements."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections, transaction

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _memory(field_name: str) -> float | None:
    """A field of the process's status in MB; None on systems without /proc."""
    try:
        for line in STATUS.read_text().splitlines():
            if line.startswith(field_name):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


@dataclass(slots=True)
class Measured:
    seconds: float
    memory: float | None


def once(run: Callable[[], float | None]) -> Measured:
    """Run and measure: seconds (or what `run` says they were) and MB that the peak was above the start."""
    gc.collect()
    with suppress(OSError):
        CLEAR.write_text("5")  # sets the peak back to what is used now
    before = _memory("VmRSS")
    start = time.perf_counter()
    said = run()
    seconds = time.perf_counter() - start
    peak = _memory("VmHWM")
    used = max(peak - before, 0.0) if peak is not None and before is not None else None
    return Measured(said if isinstance(said, float) else seconds, used)


@dataclass(slots=True)
class Statements:
    """Statements that ran in a block, and the seconds they took together."""

    seconds: float = 0.0
    sql: list[str] = field(default_factory=list)


@contextmanager
def statements() -> Iterator[Statements]:
    """Count and time the statements of a block, on every database."""
    found = Statements()

    def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            found.seconds += time.perf_counter() - start
            found.sql.append(sql)

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(wrap))
        yield found


class _UndoneError(Exception):
    """Ends a measured transaction without leaving anything."""


@contextmanager
def undone() -> Iterator[None]:
    """A transaction that is rolled back."""
    try:
        with transaction.atomic():
            yield
            raise _UndoneError
    except _UndoneError:
        pass


def raw_connection() -> psycopg.Connection[Any]:
    """The driver's connection under Django's."""
    connection.ensure_connection()
    raw: Any = connection.connection
    return raw
