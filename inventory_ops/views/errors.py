"""Error pages with a reference number; they need neither session nor database."""

from __future__ import annotations

import sys

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from inventory_ops.kit.db.lost import is_lost
from inventory_ops.kit.files import FilesUnavailable

log = structlog.get_logger(__name__)


def _answer(request: HttpRequest, status: int, text: str) -> HttpResponse:
    reference = getattr(request, "request_id", "")
    if request.path.startswith(reverse("seller-center-api")):
        return JsonResponse({"detail": text, "request_id": reference}, status=status)
    return HttpResponse(render_to_string(f"{status}.html", {"request_id": reference}), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "The request cannot be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "Your role may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "There is nothing here.")


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """503 where `error` says that the database or the store of files cannot be reached. Else None."""
    if is_lost(error):
        log.error("database_unavailable", path=request.path, error=next(iter(str(error).splitlines()), ""))
        text = "The database is not available. Nothing was changed. Try again in a minute."
    elif isinstance(error, FilesUnavailable):
        log.error("files_unavailable", path=request.path, error=str(error))
        text = "The store of files is not available. Nothing was changed. Try again in a minute."
    else:
        return None
    response = _answer(request, 503, text)
    response["Retry-After"] = "30"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Also what a middleware raises comes here: it may be the first that asks the database."""
    return unavailable(request, sys.exception()) or _answer(
        request, 500, "Something broke on our side. Nothing was saved."
    )
