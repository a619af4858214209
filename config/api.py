"""Who calls the JSON API, and what they may do: a person in a session, or a token with its scopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions, permissions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.kit import showing
from inventory_ops.models import ApiToken, Scope, User
from inventory_ops.operations import api_tokens
from inventory_ops.queries import shop


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ops_…`. What it reads is read in the zone of the token's account."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _space, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = api_tokens.find(text.strip())
        if token is None:
            raise exceptions.AuthenticationFailed("The token is unknown, revoked or expired.")
        showing.set_for_rest(zone=shop.zone_of(token.user), formats=shop.formats_of(token.user))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A token of “My API keys”."}


class MayCall(permissions.BasePermission):
    """Somebody is signed in or sends a token; the token has the scope, and its account the role.

    What a view needs stands in its `scope`, `readers` and `writers` (inventory_ops.views.api.endpoint).
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return False
        reads = request.method in permissions.SAFE_METHODS
        scope = Scope.READ if reads else getattr(view, "scope", None)
        if scope is None:
            return False
        if isinstance(request.auth, ApiToken) and scope not in request.auth.scopes:
            raise exceptions.PermissionDenied(f"The token lacks the scope “{scope}”.")
        roles = getattr(view, "readers" if reads else "writers", None)
        return roles is None or user.has_role(*roles)


def messages_of(detail: Any, name: str = "") -> Iterator[str]:
    """The errors of a serializer as texts, each with its field in front."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from messages_of(value, name if key == "non_field_errors" else f"{name}.{key}".strip("."))
    elif isinstance(detail, list):
        for value in detail:
            yield from messages_of(value, name)
    else:
        yield f"{name}: {detail}" if name else str(detail)


def on_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answers of errors: 400 lists what is wrong under `errors`, others say it under `detail`."""
    from rest_framework.views import exception_handler  # which reads the settings that name this module

    response: Response | None = exception_handler(error, context)
    if isinstance(error, PermissionDenied) and response is not None:
        response.data = {"detail": "You may not do this."}
    if isinstance(error, exceptions.APIException) and response is not None and response.status_code == 400:
        response.data = {"errors": list(messages_of(error.detail))}
    return response
