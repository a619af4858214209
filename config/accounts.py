"""Who may log in, and how: by e-mail and password, with lock-out and second factor from allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest


class EmailBackend(AuthenticationBackend):
    """allauth's backend, which in addition refuses the demo's users (public password) outside the demo."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user.is_demo and not settings.DEMO:
            return False
        return bool(super().user_can_authenticate(user))


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators, never by sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
