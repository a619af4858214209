"""The cache is a convenience: while its server is away, pages go on without it."""

from __future__ import annotations

import json
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.exceptions import RedisError

from inventory_ops.kit import sentinels

log = structlog.get_logger(__name__)
PATIENCE = 2.0  # seconds of one try to reach it


class JsonSerializer:
    """Values as JSON: whoever can write to the cache's server cannot have code run here, as by a pickle.

    Only what JSON holds can be cached. A value that is not JSON (of an older version) reads as None.
    """

    def dumps(self, value: Any) -> int | bytes:
        # whole numbers as they are, so that the server can count them up
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError:
            log.warning("cache_value_unreadable")
            return None


class Client(RedisCacheClient):
    """Django's client, of a server that Sentinels name, too."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        found = sentinels.parse(servers[0])
        self._named = found.client(socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) if found else None

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        if self._named is not None:
            return self._named
        found: Redis = super().get_client(key, write=write)
        return found


class ForgivingRedisCache(RedisCache):
    """Answers as an empty cache when the server cannot be reached, and logs that it did."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        if server.startswith(f"{sentinels.SCHEME}://"):
            self._servers = [server]  # Django takes a comma for the end of an address
        self._class = Client

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            return self._miss(error, default)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().set(key, value, *args, **kwargs)
        except RedisError as error:
            self._miss(error, None)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().add(key, value, *args, **kwargs))
        except RedisError as error:
            self._miss(error, None)
            return True

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            return bool(super().delete(key, version))
        except RedisError as error:
            self._miss(error, None)
            return False

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        try:
            return dict(super().get_many(keys, version))
        except RedisError as error:
            self._miss(error, None)
            return {}

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError without the key, as every cache of Django does, and when the server is away."""
        try:
            return int(super().incr(key, delta, version))
        except RedisError as error:
            self._miss(error, None)
            raise ValueError(f"Key {key!r} is not found: the cache cannot be reached") from error

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().touch(key, *args, **kwargs))
        except RedisError as error:
            self._miss(error, None)
            return False

    @staticmethod
    def _miss(error: RedisError, default: Any) -> Any:
        log.warning("cache_unavailable", error=type(error).__name__)
        return default
