"""A receiver of webhooks on this machine, and a world with something to tell."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from inventory_ops.kit.reports import registry
from inventory_ops.models import Destination, Merchant, User
from inventory_ops.operations import findings
from inventory_ops.operations.notifications import destinations
from tests import make

SLUG = "inventory-cost-issues"


class Receiver(ThreadingHTTPServer):
    """Keeps what it got; answers `status`, with `headers`."""

    status = 200
    headers: dict[str, str] = {}

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.got]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), content))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def destination(
    user: User,
    kind: str = "email",
    *topics: str,
    frequency: str = "instant",
    address: str = "",
    merchant: Merchant | None = None,
    now: datetime = make.NOW,
) -> Destination:
    made, _key = destinations.create(user=user, kind=kind, frequency=frequency, name="", address=address, now=now)
    destinations.subscribe(destination=made, chosen=topics or (SLUG,), merchant=merchant, by=user)
    return made


def dear(sku: str, of: Merchant | None = None) -> Any:
    product = make.product(sku, of=of, price=Decimal(10), cost=Decimal(12))
    make.stock(product, 10)
    return product


def scan(at: datetime = make.NOW) -> Any:
    return findings.scan_report(registry.get(SLUG), as_of=at)
