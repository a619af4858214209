"""What allauth's pages do to accounts: each is in the security log. Its signals are the only way to hear of it."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as factors
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from inventory_ops.models import User
from inventory_ops.models.audit import Security
from inventory_ops.operations import security, sessions
from inventory_ops.operations.sign_in import Attempt


def connect() -> None:
    """Called once, from AppConfig.ready()."""
    user_logged_in.connect(sessions.begin)
    account.user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    account.authentication_step_completed.connect(_confirmed)
    account.password_changed.connect(_password_changed)
    account.password_set.connect(_password_changed)
    account.password_reset.connect(_password_reset)
    factors.authentication_failed.connect(_factor_failed)
    for signal, what in (
        (factors.authenticator_added, Security.FACTOR_ADDED),
        (factors.authenticator_removed, Security.FACTOR_REMOVED),
        (factors.authenticator_reset, Security.FACTOR_RESET),
    ):
        signal.connect(_factor(what), weak=False)


def _signed_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    Attempt.of(request, user.email).signed_in()
    security.record(Security.SIGNED_IN, user=user, by=user)


def _signed_out(*, user: User | None, **_: Any) -> None:
    if user is not None and user.pk:
        security.record(Security.SIGNED_OUT, user=user, by=user)


def _confirmed(*, user: User, method: str, reauthenticated: bool = False, **_: Any) -> None:
    if reauthenticated:
        security.record(Security.CONFIRMED, user=user, by=user, data={"method": method})


def _password_changed(*, user: User, **_: Any) -> None:
    security.record(Security.PASSWORD_CHANGED, user=user, by=user)


def _password_reset(*, user: User, **_: Any) -> None:
    security.record(Security.PASSWORD_RESET, user=user)


def _factor_failed(*, user: User, **_: Any) -> None:
    security.record(Security.SECOND_FACTOR_FAILED, user=user)


def _factor(what: Security) -> Any:
    def receive(*, user: User, authenticator: Any, **_: Any) -> None:
        security.record(what, user=user, by=user, data={"kind": str(authenticator.type)})

    return receive
