"""API keys: made and shown once, encrypted at rest, two active a user, revoked at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit import sealing
from inventory_ops.models import User
from inventory_ops.operations import audit, people
from inventory_ops.operations.api_tokens import may_make
from lost_damaged.models import ApiKey

MOST_ACTIVE = 2
PURPOSE = "lost_damaged.api_key"


class TooManyKeys(Exception):
    """The user has two active keys already."""


class NotYours(Exception):
    """Nobody makes a key in another person's name, or in that of a closed account."""


@transaction.atomic
def create(*, user: User, name: str, by: User | None, needs_body_digest: bool = False) -> tuple[ApiKey, str]:
    """Make a key for `user`; answers its row and its text, which is not shown again. Its owner is notified of it.

    `by` None is the command line. Raises TooManyKeys, NotYours.
    """
    user = User.objects.select_for_update(of=["self"]).select_related("responsible").get(pk=user.pk)
    if not user.is_active or (by is not None and not may_make(user, by=by)):
        raise NotYours(_("A key is made for yourself, or for a service account with your role."))
    taken = set(ApiKey.objects.filter(user=user, revoked_at__isnull=True).values_list("slot", flat=True))
    free = [slot for slot in range(1, MOST_ACTIVE + 1) if slot not in taken]
    if not free:
        raise TooManyKeys(f"{user.email} has {MOST_ACTIVE} active keys. Revoke one first.")
    text = secrets.token_hex(20)
    key = ApiKey.objects.create(
        user=user,
        slot=free[0],
        name=name.strip()[:60] or "API",
        secret=sealing.seal(text, purpose=PURPOSE),
        hint=text[-4:],
        made_by=by,
        created_by=by.email if by else "",
        needs_body_digest=needs_body_digest,
    )
    audit.record(
        action="api_key.create",
        by=by,
        subject=key,
        summary=f"API key …{key.hint} for {user.email}",
        data={"signs_body": needs_body_digest},
    )
    if by is not None:
        _notify(key, user, lambda: _("An API key was made for your account"))
    return key, text


@transaction.atomic
def revoke(*, key: ApiKey, by: User | None) -> None:
    """End a key now. One that is revoked already stays as it is."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(action="api_key.revoke", by=by, subject=key, summary=f"API key …{key.hint} of {key.user.email}")
        if by is not None and by.pk != key.user_id:
            _notify(key, key.user, lambda: _("An API key of your account was revoked"))


def _notify(key: ApiKey, user: User, title: Callable[[], str]) -> None:
    values = {"name": key.name, "hint": key.hint, "email": user.email}
    people.notify(
        user,
        title=title,
        text=lambda: _("Key “%(name)s” (…%(hint)s) of %(email)s. Keys are listed under “My API keys”.") % values,
        url=reverse("own-keys"),
    )


def active_texts(user: User) -> list[tuple[ApiKey, str]]:
    """The user's active keys, each with its text; those that the present SECRET_KEY cannot read are left out."""
    result = []
    for key in ApiKey.objects.filter(user=user, revoked_at__isnull=True):
        try:
            result.append((key, sealing.unseal(key.secret, purpose=PURPOSE)))
        except sealing.SealBroken:
            continue
    return result


def used(key_id: int) -> None:
    """Remember the day and minute of use; at most one write a minute."""
    now = timezone.now()
    ApiKey.objects.filter(pk=key_id).exclude(last_used_at__gte=now - timedelta(minutes=1)).update(last_used_at=now)
