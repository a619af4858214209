"""Sessions end: when they are not used for a time, and after some hours in any case. Both are settings."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

from inventory_ops.models import User
from inventory_ops.models.audit import Security
from inventory_ops.operations import security

OPENED, SEEN = "opened_at", "seen_at"
GRAIN = 60  # seconds: how exactly use is written down


def idle_limit(user: User) -> timedelta:
    privileged = user.is_superuser or user.role in settings.SESSION_PRIVILEGED_ROLES
    limit: timedelta = settings.SESSION_IDLE_PRIVILEGED if privileged else settings.SESSION_IDLE
    return limit


def begin(*, request: HttpRequest, **_: Any) -> None:
    """Receives django.contrib.auth.user_logged_in: every way to sign in begins the session's time."""
    request.session[OPENED] = request.session[SEEN] = time.time()


def is_over(session: SessionBase, user: User) -> bool:
    """Is the time of a session up? One without a beginning is over."""
    now = time.time()
    opened, seen = (float(session.get(name, 0)) for name in (OPENED, SEEN))
    return now - opened >= settings.SESSION_LONGEST.total_seconds() or now - seen >= idle_limit(user).total_seconds()


def expired(session: SessionBase, user: User) -> None:
    """Write down that a session ended by time; the caller signs out."""
    security.record(Security.SESSION_EXPIRED, user=user)
    UserSession.objects.filter(session_key=session.session_key or "").delete()


def used(session: SessionBase) -> None:
    """Write down that a session is used, at most once in GRAIN seconds."""
    now = time.time()
    if now - float(session.get(SEEN, 0)) >= GRAIN:
        session[SEEN] = now
        UserSession.objects.filter(session_key=session.session_key or "").update(last_seen_at=timezone.now())


def of(user: User) -> list[UserSession]:
    """The open sessions of a user, the one used last first; what ended meanwhile is forgotten."""
    found: Iterable[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(found, key=lambda each: each.last_seen_at, reverse=True)


def end(*, user: User, pks: Iterable[int], by: User) -> int:
    """End some of a user's sessions; answers how many."""
    chosen = list(UserSession.objects.filter(user=user, pk__in=list(pks)))
    for each in chosen:
        each.end()
    if chosen:
        security.record(Security.SESSIONS_ENDED, user=user, by=by, data={"count": len(chosen)})
    return len(chosen)
