"""Work on several connections at once: PostgreSQL plans no statement that writes in parallel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import connection
from django.utils import translation

MOST_AT_ONCE = 4


def processors() -> int:
    """How many pieces of work are done at once: one a processor, and not so many that others have no connection."""
    return min(os.cpu_count() or 1, MOST_AT_ONCE)


def on_own_connections[T, R](function: Callable[[T], R], items: Iterable[T], *, most: int = 0) -> Iterator[R]:
    """What the function answers to each item, in their order; `most` are at work at once (default: `processors()`).

    Each call has a connection of its own, so it sees what is committed, and what it commits stays when another one
    fails. Language and request id are the caller's. The first error is raised when what has begun has ended; nothing
    begins after it.
    """
    language = translation.get_language()

    def call(item: T) -> R:
        try:
            with translation.override(language):  # Django keeps it by thread, not in the context
                return function(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(most or processors()) as pool:
        futures = [pool.submit(copy_context().run, call, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def on_own_connection[R](function: Callable[[], R]) -> R:
    """What the function answers, called by itself: what it commits stays, whatever comes of the caller's."""
    [answer] = on_own_connections(lambda _: function(), [None])
    return answer
