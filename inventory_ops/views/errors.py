"""Error pages with a reference number; they need neither session nor database."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string


def _answer(request: HttpRequest, status: int, text: str) -> HttpResponse:
    reference = getattr(request, "request_id", "")
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": text, "request_id": reference}, status=status)
    return HttpResponse(render_to_string(f"{status}.html", {"request_id": reference}), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "The request cannot be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "Your role may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "There is nothing here.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "Something broke on our side. Nothing was saved.")
