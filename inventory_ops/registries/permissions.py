"""Who may do what. Roles and areas are those of the interface contract; tests walk every address against them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve

from inventory_ops.models import User

OPERATIONS, MERCHANT, FINANCE, ADMIN = "operations", "merchant", "finance", "admin"
EVERYBODY = (OPERATIONS, MERCHANT, FINANCE, ADMIN)

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def viewer(request: HttpRequest) -> User:
    """The user who is logged in; only for views that require one."""
    return cast(User, request.user)


def roles_required[**P](*roles: str) -> Callable[[View[P]], View[P]]:
    """Let in users with one of `roles`: others get 403, anonymous visitors the login."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not viewer(request).has_role(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.roles = frozenset(roles)  # type: ignore[attr-defined]
        return cast("View[P]", login_required(checked))

    return decorate


def may_open(user: User, address: str) -> bool:
    """May the user's roles open a page of ours? It may still not be there for them, as an object of somebody else."""
    roles: frozenset[str] | None = getattr(resolve(address).func, "roles", None)
    return roles is None or user.has_role(*roles)


def signs_in_again[**P](when: Callable[[HttpRequest], bool] | None = None) -> Callable[[View[P]], View[P]]:
    """Ask for the password (or a code) once more unless that was less than 15 minutes ago: a session left open at a
    desk, or stolen, is not enough. `when` tells which requests are meant; by default everything that changes something.

    Put it below `roles_required`, so that only those who may are asked. What was sent is carried out afterwards.
    """

    def decorate(view: View[P]) -> View[P]:
        guarded: Any = reauthentication_required(enabled=when or _changes_something)(view)
        return cast("View[P]", guarded)

    return decorate


def _changes_something(request: HttpRequest) -> bool:
    return request.method not in {"GET", "HEAD", "OPTIONS"}
