"""`Idempotency-Key`: one call of a sender is carried out once, whatever its signature and moment, for a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest

from inventory_ops.models import User
from lost_damaged.api import refusals
from lost_damaged.models import ApiIntent

LONGEST = 255
LEASE = timedelta(seconds=90)  # longer than a web worker may work on one call


def key_of(request: HttpRequest) -> str:
    """The header, '' without one. Raises Refusal for one that cannot be a key."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST or not key.isascii() or not (key.isprintable() or not key):
        raise refusals.Refusal(400, "1", f"Idempotency-Key must be 1 to {LONGEST} printable ASCII characters.")
    return key


def claim(*, user: User, key: str, digest: str, now: datetime, kept_for: timedelta) -> str:
    """Claim the call for this worker, or answer what it was answered before.

    Raises Refusal when the key belongs to another body, or to a call that is being carried out.
    """
    old = ApiIntent.objects.filter(claimed_at__lte=now - kept_for).order_by("claimed_at").values("pk")[:50]
    ApiIntent.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    ApiIntent.objects.filter(user=user, key=key, claimed_at__lte=now - kept_for).delete()
    intent, is_new = ApiIntent.objects.get_or_create(
        user=user, key=key, defaults={"body_sha256": digest, "claimed_at": now}
    )
    if is_new:
        return ""
    if intent.body_sha256 != digest:
        raise refusals.other_body()
    if intent.body:
        return intent.body
    dead = ApiIntent.objects.filter(pk=intent.pk, body="", claimed_at__lte=now - LEASE)
    if not dead.update(claimed_at=now):
        raise refusals.in_flight()
    return ""


def answered(*, user: User, key: str, body: str) -> None:
    ApiIntent.objects.filter(user=user, key=key).update(body=body)


def given_up(*, user: User, key: str) -> None:
    """The call came to nothing: it may be sent again at once."""
    ApiIntent.objects.filter(user=user, key=key, body="").delete()
