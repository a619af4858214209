"""How many calls are taken. Counted in the cache: when that is away, every call is taken."""

from __future__ import annotations

import time

from django.core.cache import cache

from lost_damaged.api import refusals

CALLS, CALLS_SECONDS = 2000, 10
FAILURES, FAILURES_SECONDS = 100, 600


def count_call(user_id: int) -> None:
    """Raises Refusal beyond CALLS of a user within CALLS_SECONDS."""
    if _count(f"lost_damaged.calls.{user_id}", CALLS_SECONDS) > CALLS:
        raise refusals.too_many(CALLS_SECONDS)


def count_failure(address: str) -> None:
    """Count a failed login. Raises Refusal beyond FAILURES from an address within FAILURES_SECONDS."""
    if _count(f"lost_damaged.failures.{address}", FAILURES_SECONDS) > FAILURES:
        raise refusals.too_many(FAILURES_SECONDS)


def _count(key: str, seconds: int) -> int:
    key = f"{key}.{int(time.time()) // seconds}"
    try:
        cache.add(key, 0, seconds * 2)
        return int(cache.incr(key))
    except ValueError:  # just forgotten, or the cache is away
        return 0
