"""The examples of nginx and Caddy say truly who calls and how, and let through what the product takes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings

from tests.serving import proxies
from tests.serving.proxies import CADDY, NAME, NGINX, Proxy


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Upstream:
    """The product as the proxy sees it."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    running = Upstream()
    yield running
    running.stop()


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, upstream: Upstream, tmp_path: Path) -> Iterator[Proxy]:
    name = request.param
    if not proxies.program(name):
        pytest.skip(f"{name} is not installed (apt-get install {name})")
    with getattr(proxies, name)(tmp_path, upstream=upstream.port) as running:
        yield running


def test_who_calls_and_how_is_told_truly(proxy: Proxy) -> None:
    lies = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http", "X_Forwarded_Host": "evil.example.com"}
    status, _headers, body = proxy.ask("/orders/1/A%2FB/?q=a%20b", **lies)
    assert status == 200
    asked = json.loads(body)
    assert asked["path"] == "/orders/1/A%2FB/?q=a%20b"  # untouched: codes may have slashes
    seen = asked["headers"]
    assert (seen["host"], seen["x-forwarded-proto"], seen["x-forwarded-for"]) == (NAME, "https", "127.0.0.1")
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", seen["x-request-id"])


def test_metrics_are_not_for_everybody_and_plain_http_is_led_on(proxy: Proxy) -> None:
    assert proxy.ask("/metrics")[0] == 404
    status, headers, _body = proxy.ask_plainly("/trackers/?page=2")
    assert status in {301, 308}
    assert re.fullmatch(rf"https://{NAME}(:\d+)?/trackers/\?page=2", headers["location"])


def test_while_the_product_is_away_it_says_when_to_try_again(proxy: Proxy, upstream: Upstream) -> None:
    upstream.stop()
    status, headers, body = proxy.ask("/trackers/")
    assert status == 503 and 0 < int(headers["retry-after"]) <= 30
    assert "not available" in body


@pytest.mark.parametrize("file", [NGINX, CADDY])
def test_the_largest_upload_comes_through(file: Path) -> None:
    found = re.search(r"(?:client_max_body_size|max_size) (\d+)M?B?m?", file.read_text())
    assert found
    assert int(found[1]) * 1000 * 1000 > settings.IMPORT_MAX_BYTES
