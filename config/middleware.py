"""What wraps every request: its reference number, who it is shown to, a clear answer while the database is away."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from inventory_ops.kit import clients
from inventory_ops.kit.db import statements
from inventory_ops.views import errors, home

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
FOR_PROGRAMS = re.compile(r"/(api|metrics)(/|$)")
ACCEPTED_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware:
    """Give each request an id: shown on error pages, in the answer's header, in every log line and task it causes."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if ACCEPTED_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex[:12]
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class StatementsMiddleware:
    """Have the statements of a request say its route: never its path, which may have names and tokens."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with statements.of(""):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        if request.resolver_match:
            statements.go_on_with(request.resolver_match.route)


class ClientMiddleware:
    """Put the address that a request came from, seen past our proxies, into every log line and security event."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with structlog.contextvars.bound_contextvars(client=clients.address(request)):
            return self.get_response(request)


class UnreadableMiddleware:
    """Answer 404 to a path with a NUL: no row can be found by one, and the database breaks over it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:
            raise Http404
        return self.get_response(request)


class HealthMiddleware:
    """Answer /healthz before the check of Host: a probe from inside the container knows no public name."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return home.healthz(request) if request.path == "/healthz" else self.get_response(request)


class ShownMiddleware:
    """Show the page in the zone, formats and language of the person who is signed in, else in the browser's language.

    What programs ask for (API, metrics) is always in the product's language.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from inventory_ops.models import User
        from inventory_ops.queries import shop

        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        person = user if isinstance(user, User) else None
        if FOR_PROGRAMS.match(request.path):
            with shop.shown_to(person), translation.override(settings.LANGUAGE_CODE):
                return self.get_response(request)
        with shop.shown_to(person, asks_for=translation.get_language_from_request(request)):
            response = self.get_response(request)
            response.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
        patch_vary_headers(response, ["Accept-Language"])
        return response


class ServiceUnavailableMiddleware:
    """Answer 503 with an explanation while a view cannot reach the database (for middleware: `errors.server_error`)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return errors.unavailable(request, error)
