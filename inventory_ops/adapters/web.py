"""HTTP to a channel's API: encrypted, to public addresses alone, in bounded time and size, one request a connection.

A fresh connection each time costs a handshake and buys certainty: what failed before it was sent was not sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from inventory_ops.adapters.protocol import AuthFailed, BadRequest, RateLimited, Unavailable, WebhookRefused
from inventory_ops.kit import addresses
from inventory_ops.kit.addresses import Address, is_web_address

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0  # from the start of connecting to the last byte
LARGEST_ANSWER = 16 * 1024 * 1024
LONGEST_LINK = 500
LONGEST_WAIT = 900.0  # seconds that a channel may ask us to stay away
USER_AGENT = "InventoryOps/1"


def check_address(url: str) -> None:
    """Raises ValueError, with how to correct it, for what is not the https address of a public server."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("This is not a web address. Use one like https://shop.example.com") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise ValueError("This is not a web address. Use one like https://shop.example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("Leave user names, passwords, ? and # out of the address.")
    host = addresses.literal(parts.hostname)
    loopback = host.is_loopback if host else parts.hostname == "localhost"
    if parts.scheme == "http" and not (settings.CHANNELS_PRIVATE and loopback):
        raise ValueError("Use an address that begins with https://")
    if host and not may_connect(host):
        raise ValueError("This address lies in a private network. Use the shop's public one.")


def may_connect(address: Address) -> bool:
    """Only public addresses, unless the settings allow channels in private networks."""
    return bool(settings.CHANNELS_PRIVATE) or addresses.is_public(address)


class _NotSent(Exception):
    """The request never left; the message says why."""


class _Guarded:
    """A connection that refuses private networks by the address it really got, and can be cut from outside."""

    raw: socket.socket | None = None
    is_cut = False

    def _new_conn(self) -> socket.socket:
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        if not may_connect(ipaddress.ip_address(connected.getpeername()[0].split("%")[0])):
            connected.close()
            raise _NotSent("its name leads into a private network")
        self.raw = connected
        return connected

    def cut(self) -> None:
        """Called by the watchdog: a server that sends a byte now and then would hold us forever."""
        self.is_cut = True
        if self.raw is not None:
            try:
                self.raw.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


class _Http(_Guarded, HTTPConnection):
    pass


class _Https(_Guarded, HTTPSConnection):
    pass


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer (2xx): its JSON, and its headers with names in lower case."""

    data: Any
    headers: Mapping[str, str]


@dataclass(slots=True)
class Client:
    """Speaks JSON to one address. `per_second` is the most requests a second that the channel likes."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    per_second: float = 10.0
    _next_at: float = 0.0

    def call(self, method: str, path: str, body: Any = None, *, writes: bool = False) -> Answer:
        """One request. Raises ChannelError; with `writes`, a lost answer is an Unavailable that is ambiguous."""
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + 1 / self.per_second
        try:
            check_address(self.base_url)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        parts = urlsplit(self.base_url)
        connection = self._connection()
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **self.headers}
        content = None
        if body is not None:
            content = json.dumps(body, separators=(",", ":")).encode()
            headers["Content-Type"] = "application/json"
        watchdog = threading.Timer(ANSWER_SECONDS, connection.cut)
        watchdog.daemon = True
        watchdog.start()
        sent = False
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_SECONDS)
            sent = True
            connection.request(
                method, parts.path.rstrip("/") + path, content, headers, preload_content=False, decode_content=True
            )
            response = connection.getresponse()
            data = bytearray()
            while block := response.read(65536):
                data += block
                if len(data) > LARGEST_ANSWER:
                    raise Unavailable(f"Answered more than {LARGEST_ANSWER // 1024**2} MB.", ambiguous=writes)
            if connection.is_cut:
                raise TimeoutError
            status, answered = response.status, {name.lower(): value for name, value in response.headers.items()}
        except _NotSent as error:
            raise Unavailable(f"Not reached: {error}.") from error
        except (HTTPError, http.client.HTTPException, OSError, ssl.SSLError) as error:
            late = connection.is_cut or isinstance(error, TimeoutError) or "timed out" in str(error)
            what = f"No whole answer within {ANSWER_SECONDS:.0f} s." if late else "The connection broke."
            if not sent:
                what = "Not reached in time." if late else "Not reached: it refuses the connection or has no address."
            raise Unavailable(what, ambiguous=writes and sent) from error
        finally:
            watchdog.cancel()
            connection.close()
        return self._judge(status, answered, bytes(data), writes)

    def _connection(self) -> _Http | _Https:
        parts = urlsplit(self.base_url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return _Https(host, parts.port or 443, timeout=CONNECT_SECONDS, ssl_context=context)
        return _Http(host, parts.port or 80, timeout=CONNECT_SECONDS)

    @staticmethod
    def _judge(status: int, headers: Mapping[str, str], data: bytes, writes: bool) -> Answer:
        if status == 429:
            raise RateLimited("Too many requests.", retry_after=_seconds(headers.get("retry-after", "")))
        if status in (401, 403):
            raise AuthFailed(f"The credentials are refused (HTTP {status}).")
        if status >= 500:
            raise Unavailable(f"Its server fails (HTTP {status}).", ambiguous=writes)
        if status in range(300, 400) or status in (404, 405, 410):
            raise Unavailable(f"There is no such API at the address (HTTP {status}).")
        if status >= 400:
            raise BadRequest(f"It does not take the request (HTTP {status}).")
        try:
            return Answer(json.loads(data), headers)
        except (ValueError, RecursionError) as error:
            raise Unavailable("Answered something that is not JSON.", ambiguous=writes) from error


@contextmanager
def understood(*, writes: bool = False) -> Iterator[None]:
    """An answer of a shape that we do not know is the channel's failure, not ours."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        raise Unavailable("Answered in a form that we do not understand.", ambiguous=writes) from error


def text(value: Any, longest: int = 200) -> str:
    """A text of the channel that can be stored: without NUL, cut, None as ''."""
    return "" if value is None else str(value).replace("\x00", "")[:longest]


def link(value: Any) -> str:
    """The address of a page that people may be sent to, else ''."""
    found = "" if value is None else str(value)
    return found if len(found) <= LONGEST_LINK and is_web_address(found) else ""


def _seconds(header: str) -> float:
    """A Retry-After in seconds; a date, nonsense or nothing is five seconds."""
    try:
        seconds = float(header)
    except ValueError:
        return 5.0
    return min(max(seconds, 0.5), LONGEST_WAIT) if math.isfinite(seconds) else 5.0


def check_signature(given: str, body: bytes, *, secret: str) -> None:
    """That a message bears the HMAC-SHA256 of its raw body by `secret`, in base64. Raises WebhookRefused."""
    wanted = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    if not secret or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise WebhookRefused("The signature does not fit.")
