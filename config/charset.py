"""Refuse charsets of request bodies that Django cannot read, before it builds a request.

It decodes the query by the body's charset there, where no middleware can answer: a codec that makes no text (`base64`)
breaks it, and one like `unicode_escape` makes texts that no database holds. A name that no codec has counts as UTF-8.
"""

from __future__ import annotations

import codecs
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

ACCEPTED = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"})  # as Python calls them
REFUSAL = b"Content-Type: this charset is not read here. Use utf-8.\n"
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(REFUSAL)))]

type Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
type Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def is_accepted(content_type: str) -> bool:
    try:
        _kind, parameters = parse_header_parameters(content_type)
        return codecs.lookup(parameters.get("charset") or "utf-8").name in ACCEPTED
    except LookupError:
        return True
    except ValueError:  # too long a header, or a charset with a NUL
        return False


def guard_wsgi(application: Wsgi) -> Wsgi:
    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_accepted(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        start_response("415 Unsupported Media Type", HEADERS)
        return [REFUSAL]

    return guarded


def guard_asgi(application: Asgi) -> Asgi:
    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope.get("headers") or ()).get(b"content-type", b"").decode("latin-1")
        if scope["type"] != "http" or is_accepted(given):
            await application(scope, receive, send)
            return
        headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
        await send({"type": "http.response.start", "status": 415, "headers": headers})
        await send({"type": "http.response.body", "body": REFUSAL})

    return guarded
