"""What the views of the JSON API have in common."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory_ops.models import Scope, User
from inventory_ops.registries.permissions import viewer


class Endpoint(APIView):
    """A part of the API. `scope` is what a token needs to send to it; `readers` and `writers` are roles (None: all)."""

    scope: Scope | None = None
    readers: tuple[str, ...] | None = None
    writers: tuple[str, ...] = ()

    @staticmethod
    def caller(request: Request) -> User:
        return viewer(request._request)


def refused(status: int, *messages: str, **more: Any) -> Response:
    """An answer that says what is wrong and how to correct it."""
    return Response({"errors": list(messages), **more}, status=status)
