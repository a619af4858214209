"""Counting requests for /metrics: in one hash of the broker's server, so that all processes and machines add up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import redis
import structlog
from django.http import HttpRequest, HttpResponse

from inventory_ops.kit import broker

log = structlog.get_logger(__name__)

KEY = "ops:requests"
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds, upper bounds
TIMEOUT = 0.2  # seconds that a request may wait for being counted
PAUSE = 10.0  # seconds without counting after the server could not be reached


def client() -> redis.Redis:
    return broker.client(timeout=TIMEOUT)


class RequestMetricsMiddleware:
    """Count each request by method, route and status, and its time by route. A server that is away costs nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.paused_until = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        if time.monotonic() >= self.paused_until:
            try:
                self._count(request, response.status_code, seconds)
            except redis.RedisError as error:
                self.paused_until = time.monotonic() + PAUSE
                log.warning("metrics_not_counted", error=type(error).__name__)
        return response

    @staticmethod
    def _count(request: HttpRequest, status: int, seconds: float) -> None:
        # the route, not the address: as many as there are lines in urls.py
        route = request.resolver_match.route if request.resolver_match else "unknown"
        method = request.method if request.method in {"GET", "HEAD", "POST"} else "OTHER"
        bound = next((bound for bound in BUCKETS if seconds <= bound), "+Inf")
        with client().pipeline(transaction=False) as pipe:
            pipe.hincrby(KEY, f"count|{method}|{status}|{route}")
            pipe.hincrby(KEY, f"bucket|{bound}|{route}")
            pipe.hincrby(KEY, f"microseconds|{route}", int(seconds * 1_000_000))
            pipe.execute()


def counted() -> Mapping[str, int]:
    """All counts by `count|method|status|route`, `bucket|bound|route`, `microseconds|route`. Raises RedisError."""
    found: Mapping[bytes, bytes] = client().hgetall(KEY)  # type: ignore[assignment]
    return {name.decode(): int(value) for name, value in found.items()}
