"""Who may log in, and how: by e-mail and password, with growing delays after failures, and allauth's second factor."""

from __future__ import annotations

from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField
from django.http import HttpRequest
from django.utils.translation import ngettext


class EmailBackend(AuthenticationBackend):
    """allauth's backend, which in addition refuses service accounts, and the demo's users outside the demo."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user.is_service or (user.is_demo and not settings.DEMO):
            return False
        return bool(super().user_can_authenticate(user))

    def get_user(self, user_id: Any) -> Any:
        """The user of a session, loaded in one query with what the middleware asks about it, and with the shop."""
        found = next(iter(_of_session(bool(settings.MFA_REQUIRED_ROLES)).instances(pk=user_id)), None)
        return found if found is not None and self.user_can_authenticate(found) else None


@cache
def _of_session(asks_for_totp: bool) -> Any:
    from config.second_factor import has_totp
    from inventory_ops.kit.db.compiled import Slot, Statement
    from inventory_ops.queries.shop import with_shop

    def build() -> Any:
        users: Any = with_shop(get_user_model()._default_manager.filter(pk=Slot("pk", BigIntegerField())))
        return users.annotate(has_totp=has_totp()) if asks_for_totp else users

    return Statement(build)


class ResetTokens(PasswordResetTokenGenerator):
    """A link to set a password ends with the sessions: when the account is disabled, renamed or given another role."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}|{user.session_epoch}|{user.is_active}"


class Brand:
    """What mails call this site: not the host of the request that caused them."""

    @property
    def name(self) -> str:
        from inventory_ops.queries.shop import brand

        return brand()

    @property
    def domain(self) -> str:
        return str(settings.PUBLIC_URL)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators, never by sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """May a visitor be led on to `url`? What is not an address at all is not: allauth breaks over some of those."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        from inventory_ops.kit import clients

        found = clients.address(request)
        return "0.0.0.0" if found == clients.UNKNOWN else found  # noqa: S104  (nothing listens there)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        from inventory_ops.operations.sign_in import Attempt

        if seconds := Attempt.of(request, credentials.get("email", "")).wait():
            text = ngettext(
                "Too many failed tries. Wait a second, then try again.",
                "Too many failed tries. Wait %(n)d seconds, then try again.",
                seconds,
            )
            raise ValidationError(text % {"n": seconds}, code="too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        from inventory_ops.operations.sign_in import Attempt

        user = super().authenticate(request, **credentials)
        if user is not None:
            Attempt.of(request, credentials.get("email", "")).succeeded()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        from inventory_ops.operations.sign_in import Attempt

        Attempt.of(request, credentials.get("email", "")).failed()

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        if user.is_active and not user.is_service:
            super().send_password_reset_mail(user, email, context)

    def format_email_subject(self, subject: str) -> str:
        return f"[{Brand().name}] {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, context | {"current_site": Brand()})
