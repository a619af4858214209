"""API tokens: made for oneself or a service account, shown once, revoked at once, known again by their digest."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import ApiToken, User
from inventory_ops.operations import audit, people

PREFIX = "ops_"
MOST_ACTIVE = 20
LONGEST = timedelta(days=366)


class TokenRefused(Exception):
    """Nothing was made; says why."""


def may_make(user: User, *, by: User) -> bool:
    """For oneself; or for a service account, by a person who may do all that it may."""
    if user.pk == by.pk:
        return True
    same_reach = (user.role, user.merchant_id) == (by.role, by.merchant_id)
    return user.is_service and not by.is_service and same_reach and not user.is_superuser


def offered_to(user: User) -> QuerySet[User]:
    """The accounts that `user` may make tokens and keys for: their own, and service accounts of the same reach."""
    services = Q(is_service=True, is_superuser=False, role=user.role, merchant=user.merchant)
    return User.objects.filter(Q(pk=user.pk) | services, is_active=True).order_by("is_service", "email")


@transaction.atomic
def create(*, user: User, name: str, scopes: Collection[str], days: int, by: User | None) -> tuple[ApiToken, str]:
    """Make a token for `user` that ends after some days; answers its row and its text, which is not shown again.

    Its owner is notified of it. `by` None is the command line. Raises TokenRefused.
    """
    user = User.objects.select_for_update(of=["self"]).select_related("responsible").get(pk=user.pk)
    if not user.is_active or (by is not None and not may_make(user, by=by)):
        raise TokenRefused(_("A token is made for yourself, or for a service account with your role."))
    if not scopes:
        raise TokenRefused(_("Choose what the token may do."))
    if not 1 <= days <= LONGEST.days:
        raise TokenRefused(_("A token lives for 1 to %(n)d days.") % {"n": LONGEST.days})
    now = timezone.now()
    if ApiToken.objects.filter(user=user, revoked_at__isnull=True, expires_at__gt=now).count() >= MOST_ACTIVE:
        raise TokenRefused(
            _("%(email)s has %(n)d tokens in use. Revoke one first.") % {"email": user.email, "n": MOST_ACTIVE}
        )
    text = PREFIX + secrets.token_hex(24)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip()[:60] or "API",
        digest=digest_of(text),
        hint=text[-4:],
        scopes=sorted(scopes),
        made_by=by,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit.record(
        action="api_key.create",
        by=by,
        subject=token,
        summary=f"API token …{token.hint} for {user.email}",
        data={"scopes": token.scopes, "expires_at": token.expires_at.isoformat()},
    )
    if by is not None:
        _notify(token, user, lambda: _("An API token was made for your account"))
    return token, text


@transaction.atomic
def revoke(*, token: ApiToken, by: User | None) -> None:
    """End a token now. One that is revoked already stays as it is."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        summary = f"API token …{token.hint} of {token.user.email}"
        audit.record(action="api_key.revoke", by=by, subject=token, summary=summary)
        if by is not None and by.pk != token.user_id:
            _notify(token, token.user, lambda: _("An API token of your account was revoked"))


def find(text: str) -> ApiToken | None:
    """The token with this text, if it may be used now; its use is noted, once a minute at most."""
    if not text.startswith(PREFIX) or not text.isascii():
        return None
    now = timezone.now()
    tokens = ApiToken.objects.select_related("user__merchant", "user__responsible")
    token = tokens.filter(digest=digest_of(text), revoked_at__isnull=True, expires_at__gt=now).first()
    if token is None or not people.may_call(token.user) or (token.user.is_demo and not settings.DEMO):
        return None
    unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - timedelta(minutes=1))
    if token.last_used_at is None or token.last_used_at < now - timedelta(minutes=1):
        ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=now)
    return token


def digest_of(text: str) -> bytes:
    # as random as a key: nothing is gained by a slow hash
    return sha256(text.encode()).digest()


def _notify(token: ApiToken, user: User, title: Callable[[], str]) -> None:
    values = {"name": token.name, "hint": token.hint, "email": user.email}
    people.notify(
        user,
        title=title,
        text=lambda: _("Token “%(name)s” (…%(hint)s) of %(email)s. Tokens are listed under “My API keys”.") % values,
        url=reverse("own-keys"),
    )
