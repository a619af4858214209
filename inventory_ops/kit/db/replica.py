"""Reads of reports and exports on a replica (`DATABASE_REPLICA_URL`), without ever showing less than was written.

`Report.select` takes its rows from `alias()`: that of a view under `reads_from_replica` is the replica when it answers
and has replayed what this browser wrote last (every request that may write leaves the primary's log position as a
cookie). Otherwise, and when the replica fails half-way, the primary is read. Nothing else goes to the replica: who
somebody is and what is read in order to write must be current.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate

import structlog
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from inventory_ops.kit.db.lost import is_lost

log = structlog.get_logger(__name__)

ALIAS = "replica"
COOKIE = "written"
COOKIE_SECONDS = 60  # a replica that lags more than this is asked for nothing anyway
MOST_LAG = 30.0  # seconds
ASKED_AGAIN_AFTER = 15.0  # seconds after a failure
POSITION = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")

_alias: ContextVar[str] = ContextVar("replica_alias", default=DEFAULT_DB_ALIAS)
_down_until = 0.0


def alias() -> str:
    """The database that reports are read from in this context."""
    return _alias.get()


class Router:
    """Everything goes to the primary but what asks for the replica by name; rows of both belong together."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # the same rows, on two servers

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


class WrittenMiddleware:
    """Leave the primary's log position with a browser that may have written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if ALIAS in connections and request.method not in {"GET", "HEAD", "OPTIONS"}:
            with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
                cursor.execute("select pg_current_wal_insert_lsn()::text")
                position = cursor.fetchone()[0]
            response.set_cookie(
                COOKIE, position, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure()
            )
        return response


def reads_from_replica[**P, R: HttpResponseBase](
    view: Callable[Concatenate[HttpRequest, P], R],
) -> Callable[Concatenate[HttpRequest, P], R]:
    """Decorator of a view that only reads: on the replica if it may, and once more on the primary if it breaks."""

    @wraps(view)
    def read(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not _may_read(request.COOKIES.get(COOKIE, "")):
            return view(request, *args, **kwargs)
        try:
            with _reading():
                return view(request, *args, **kwargs)
        except (DatabaseError, InterfaceError) as error:
            if not is_lost(error, using=ALIAS):
                raise
            _set_down(error)
            return view(request, *args, **kwargs)

    return read


@contextmanager
def _reading() -> Iterator[None]:
    token = _alias.set(ALIAS)
    try:
        yield
    finally:
        _alias.reset(token)


def _may_read(written: str) -> bool:
    if ALIAS not in connections or time.monotonic() < _down_until:
        return False
    position = written if POSITION.fullmatch(written) else None
    try:
        with connections[ALIAS].cursor() as cursor:
            # a server that has replayed all it received is not late, however long ago the last write was
            cursor.execute(
                "select pg_last_wal_replay_lsn() >= coalesce(%s::pg_lsn, '0/0')"
                " and (pg_last_wal_receive_lsn() is not distinct from pg_last_wal_replay_lsn()"
                " or now() - pg_last_xact_replay_timestamp() < %s * interval '1 second')",
                [position, MOST_LAG],
            )
            return bool(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError) as error:
        _set_down(error)
        return False


def lag() -> float | None:
    """Seconds that the replica is behind; None without one, and while it cannot be asked."""
    if ALIAS not in connections or time.monotonic() < _down_until:
        return None
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                "select case when pg_last_wal_receive_lsn() is not distinct from pg_last_wal_replay_lsn() then 0"
                " else extract(epoch from now() - pg_last_xact_replay_timestamp()) end"
            )
            found = cursor.fetchone()[0]
            return float(found) if found is not None else None
    except (DatabaseError, InterfaceError) as error:
        _set_down(error)
        return None


def _set_down(error: Exception) -> None:
    """Leave the replica alone for a while."""
    global _down_until
    _down_until = time.monotonic() + ASKED_AGAIN_AFTER
    connections[ALIAS].close()
    log.warning("replica_unavailable", error=type(error).__name__)
