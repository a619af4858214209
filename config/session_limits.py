"""Signs out whoever's session is over, before anything else looks at the user."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

# what an open page asks for by itself (by htmx): that is no use of the session
POLLS = {"job-progress", "scan-progress", "user-audit-job"}


class SessionLimitsMiddleware:
    """The limits are those of inventory_ops.operations.sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from inventory_ops.operations import sessions

        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        if sessions.is_over(request.session, request.user):
            sessions.expired(request.session, request.user)
            logout(request)
            return self.get_response(request)
        response = self.get_response(request)
        if SESSION_KEY in request.session and not _is_poll(request):  # not signed out meanwhile
            sessions.used(request.session)
        return response


def _is_poll(request: HttpRequest) -> bool:
    name = request.resolver_match.url_name if request.resolver_match else ""
    return name in POLLS and "HX-Request" in request.headers
