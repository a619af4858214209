"""One pace for all workers: a token bucket per AWS account, kept in Redis."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from user_audit.aws.sessions import TokenBucket

if TYPE_CHECKING:
    from redis import Redis

logger = structlog.get_logger(__name__)

# GCRA: the key holds the moment, in microseconds of Redis' own clock, at which the bucket is full again.
TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local gap = 1000000 / tonumber(ARGV[1])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + gap
redis.call('SET', KEYS[1], string.format('%d', full), 'PX', math.ceil((full - now) / 1000) + 1000)
return math.max(0, full - now - gap * tonumber(ARGV[1]))
"""


class SharedBucket:
    """`rate` calls a second over all processes, in bursts of at most as many.

    Without Redis each process keeps the pace by itself.
    """

    def __init__(self, redis: Redis, *, account_id: str, rate: float) -> None:
        self._take = redis.register_script(TAKE)
        self._key = f"user-audit:calls:{account_id}"
        self._rate = rate
        self._alone = TokenBucket(rate)

    def take(self) -> None:
        """Waits until one more call may be made."""
        from redis.exceptions import RedisError

        try:
            wait = float(self._take(keys=[self._key], args=[self._rate])) / 1_000_000
        except (RedisError, OSError) as error:
            logger.warning("user_audit.pace_kept_alone", error=type(error).__name__)
            self._alone.take()
        else:
            if wait > 0:
                time.sleep(wait)
