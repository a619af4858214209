"""Several requests at once in a web process that has just started."""

from __future__ import annotations

import time
from threading import Barrier, Thread
from typing import Any

import pytest
from redis import Redis

from inventory_ops.kit import broker


def test_threads_at_once_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was not kept closed its connections, and the page that counted itself by them broke."""
    made: list[Redis] = []
    make = Redis.from_url

    def slowly(*args: Any, **options: Any) -> Redis:
        time.sleep(0.05)  # so that all have asked before the first is made
        made.append(make(*args, **options))
        return made[-1]

    monkeypatch.setattr(Redis, "from_url", slowly)
    broker._client.cache_clear()
    together, answers = Barrier(8), []

    def ask() -> None:
        together.wait()
        answers.append(broker.client(timeout=0.25).ping())

    threads = [Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    broker._client.cache_clear()
    assert answers == [True] * 8
    assert len(made) == 1
