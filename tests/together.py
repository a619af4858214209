"""Several people at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(n)` in `count` threads that start together, each with a connection of its own."""
    barrier = threading.Barrier(count)

    def run(n: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return work(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
