"""API keys: made and shown once, encrypted at rest, two active a user, revoked at once."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from inventory_ops.kit import sealing
from inventory_ops.models import User
from inventory_ops.operations import audit
from lost_damaged.models import ApiKey

MOST_ACTIVE = 2
PURPOSE = "lost_damaged.api_key"


class TooManyKeys(Exception):
    """The user has two active keys already."""


@transaction.atomic
def create(*, user: User, name: str, by: User | None, needs_body_digest: bool = False) -> tuple[ApiKey, str]:
    """Make a key for `user`; answers its row and its text, which is not shown again. Raises TooManyKeys."""
    User.objects.select_for_update().get(pk=user.pk)
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
        created_by=by.email if by else "",
        needs_body_digest=needs_body_digest,
    )
    audit.record(action="api_key.create", by=by, subject=key, summary=f"API key …{key.hint} for {user.email}")
    return key, text


@transaction.atomic
def revoke(*, key: ApiKey, by: User | None) -> None:
    """End a key now. One that is revoked already stays as it is."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(action="api_key.revoke", by=by, subject=key, summary=f"API key …{key.hint} of {key.user.email}")


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
