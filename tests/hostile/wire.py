"""Requests as they reach the web server's process: nothing between the bytes of an attacker and the product.

Django's own test client encodes, checks and copies too much on the way.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client

from config.charset import guard_wsgi
from inventory_ops.models import User


class _Handler(WSGIHandler):
    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # as if the form had been opened
        return super().get_response(request)


_guarded = guard_wsgi(_Handler())


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """The product's WSGI application, within the test's transaction, which lives longer than a request."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        parts = _guarded(environ, start_response)
        content = list(parts)
        getattr(parts, "close", lambda: None)()
        return content
    finally:
        for signal in ends:
            signal.connect(close_old_connections)


@dataclass(frozen=True)
class Answer:
    """`error` is what the product did not catch."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    error: str = ""
    wrote: bool = False  # was anything written, undone meanwhile or not?
    changed: Sequence[str] = ()  # tables that a refusal has left changed

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


@dataclass
class Wire:
    """Sends as `user`; what a request changes is undone when `keeps` is false."""

    user: User | None = None
    keeps: bool = False
    judge: Callable[[], Sequence[str]] | None = None  # asked for what has changed when a refused request wrote anything
    cookie: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.user:
            client = Client()
            client.force_login(self.user)
            self.cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())

    @staticmethod
    def _writes() -> int:
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_xact_user_tables")
            return int(cursor.fetchone()[0])

    def get(self, target: str, **headers: str) -> Answer:
        return self.send("GET", target, headers=headers)

    def send(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None, kind: str = ""
    ) -> Answer:
        """`target` is a path with a query, percent-encoded as on the wire."""
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": kind,
            "HTTP_COOKIE": self.cookie,
            "HTTP_HOST": "testserver",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in (headers or {}).items():
            key = name.upper().replace("-", "_")
            environ[key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"] = value
        with transaction.atomic():
            before = self._writes()
            answer = _answer(environ)
            if answer.status < 500 and self._writes() != before:
                answer = replace(answer, wrote=True)
                if self.judge and answer.status >= 400:
                    answer = replace(answer, changed=self.judge())
            transaction.set_rollback(not self.keeps or answer.status >= 500)
        return answer


def _answer(environ: dict[str, Any]) -> Answer:
    errors: list[str] = []
    seen: dict[str, Any] = {}

    def caught(sender: Any, **_: Any) -> None:
        kind, error, _trace = sys.exc_info()
        errors.append(f"{kind.__name__ if kind else ''}: {str(error)[:200]}")

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        seen.update(status=int(status[:3]), headers=dict(headers))

    got_request_exception.connect(caught, weak=False)
    logging.disable(logging.CRITICAL)
    try:
        content = b"".join(application(environ, start_response))
    except Exception as error:  # the server in front would answer 500, or cut the answer off
        return Answer(500, {}, b"", f"{type(error).__name__}: {str(error)[:200]}")
    finally:
        logging.disable(logging.NOTSET)
        got_request_exception.disconnect(caught)
    return Answer(seen["status"], seen["headers"], content, errors[0] if errors else "")
