"""The second factor of roles that need one: nothing else can be done before it is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

# what somebody without a second factor may still reach: its pages, and the way out
OPEN = ("/accounts/2fa/", "/accounts/logout/", "/accounts/reauthenticate/")


def has_totp() -> Exists:
    """For a queryset of users: is an authenticator app set up?"""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))


def is_required(user: Any) -> bool:
    """Does the role of `user` need a second factor here (MFA_REQUIRED_ROLES)?"""
    return bool(settings.MFA_REQUIRED_ROLES) and (user.role in settings.MFA_REQUIRED_ROLES or user.is_superuser)


class SecondFactorMiddleware:
    """Lead users of MFA_REQUIRED_ROLES who have no authenticator app to the page that sets one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user if settings.MFA_REQUIRED_ROLES else None
        if user is None or not user.is_authenticated or not is_required(user):
            return self.get_response(request)
        # the backend loads it with the user; a user who signed in a moment ago was not loaded by it
        found = getattr(user, "has_totp", None)
        if found is None:
            found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
        if not found:
            request.without_menu = True  # type: ignore[attr-defined]  # whose numbers are for who signed in whole
            if not request.path.startswith(OPEN):
                return self._lead(request)
        return self.get_response(request)

    @staticmethod
    def _lead(request: HttpRequest) -> HttpResponse:
        target = reverse("mfa_activate_totp")
        text = _("Your role needs two-factor sign-in. Set it up first.")
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": text}, status=403)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": target})
        messages.warning(request, text)
        return HttpResponseRedirect(target)


class MfaAdapter(DefaultMFAAdapter):
    """A role that needs a second factor cannot take its app away again (replacing it is for an administrator)."""

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return authenticator.type != Authenticator.Type.TOTP or not is_required(authenticator.user)
