"""Who may log in, and how: by e-mail and password, with lock-out and second factor from allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest


class EmailBackend(AuthenticationBackend):
    """allauth's backend, which in addition refuses the demo's users (public password) outside the demo."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user.is_demo and not settings.DEMO:
            return False
        return bool(super().user_can_authenticate(user))

    def get_user(self, user_id: Any) -> Any:
        """The user of a session, loaded in one query with what SecondFactorMiddleware asks about it."""
        from config.second_factor import has_totp

        users: Any = get_user_model()._default_manager
        rows = users.annotate(has_totp=has_totp()) if settings.MFA_REQUIRED_ROLES else users
        found = rows.filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators, never by sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
