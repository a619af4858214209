"""Every statement says what it is of: the request's id and its page, or the task, as a comment at its end.

Whoever sees one in the database's log or in pg_stat_activity finds the line in ours; slow ones are logged by us.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

log = structlog.get_logger(__name__)
LONGEST = 2000  # characters of a slow statement that are logged
SAFE = re.compile(r"[^A-Za-z0-9_.:/<>-]")  # what else a route has could end the comment, or be taken for a parameter

_page: ContextVar[str] = ContextVar("page_of_statements", default="")


@contextmanager
def of(page: str) -> Iterator[None]:
    """Statements of this block belong to a page (its route) or a task."""
    token = _page.set(SAFE.sub("", page))
    try:
        yield
    finally:
        _page.reset(token)


def go_on_with(page: str) -> None:
    """From here on to the end of the block around, statements belong to `page`."""
    _page.set(SAFE.sub("", page))


def connect() -> None:
    """Have every connection do so from its first statement on."""
    connection_created.connect(_watch, dispatch_uid="inventory_ops.statements")


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _tagged not in connection.execute_wrappers:
        connection.execute_wrappers.append(_tagged)


def _tagged(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    started = time.perf_counter()
    try:
        return execute(_with_comment(sql), params, many, context)
    finally:
        seconds = time.perf_counter() - started
        if seconds >= settings.SLOW_STATEMENT_SECONDS:
            # the statement has placeholders where values are: nothing of a person is in it
            log.warning("slow_statement", page=_page.get(), seconds=round(seconds, 3), sql=str(sql)[:LONGEST])


def _with_comment(sql: Any) -> Any:
    request_id = SAFE.sub("", str(structlog.contextvars.get_contextvars().get("request_id", "")))
    page = _page.get()
    if not isinstance(sql, str) or not (request_id or page):
        return sql
    return f"{sql} /*request_id={request_id} page={page} */"
