"""Destinations and subscriptions: what a person sets up to be notified."""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import sealing
from inventory_ops.models import Delivery, Destination, Merchant, Subscription, User
from inventory_ops.operations import audit
from inventory_ops.operations.notifications import deliveries, guard, senders
from inventory_ops.operations.notifications.dispatch import next_digest, notify, number_batch
from inventory_ops.registries import topics

MOST_DESTINATIONS = 10
NEEDS_ADDRESS = (Destination.Kind.WEBHOOK, Destination.Kind.CHAT)


@transaction.atomic
def create(*, user: User, kind: str, frequency: str, name: str, address: str, now: datetime) -> tuple[Destination, str]:
    """A destination that is notified of what is new from now on; answers it and a webhook's signing key, shown once.

    Raises ValidationError by field.
    """
    User.objects.select_for_update().get(pk=user.pk)
    own = Destination.objects.filter(user=user)
    if own.count() >= MOST_DESTINATIONS:
        raise ValidationError(_("You have %(n)d destinations. Delete one first.") % {"n": MOST_DESTINATIONS})
    if kind == Destination.Kind.APP and own.filter(kind=kind).exists():
        raise ValidationError({"kind": _("You are notified in the app already.")})
    address = address.strip()
    if kind in NEEDS_ADDRESS:
        check_address(kind, address)
    key = random.token_urlsafe(32) if kind == Destination.Kind.WEBHOOK else ""
    labels = {Destination.Kind.APP: _("In the app"), Destination.Kind.EMAIL: user.email}
    destination = Destination.objects.create(
        user=user,
        kind=kind,
        frequency=Destination.Frequency.INSTANT if kind == Destination.Kind.APP else frequency,
        name=(name.strip() or labels.get(Destination.Kind(kind)) or _shown(kind, address))[:60],
        address=sealing.seal(address, purpose=senders.PURPOSE) if kind in NEEDS_ADDRESS else b"",
        signing_key=sealing.seal(key, purpose=senders.PURPOSE) if key else b"",
        shown_address=_shown(kind, address)[:100] if kind in NEEDS_ADDRESS else "",
        cursor=number_batch(),  # told what comes from now on
        next_at=next_digest(frequency, after=now),
    )
    audit.record(
        action="destination.create",
        by=user,
        subject=destination,
        summary=f"Notifications to {destination.name} ({kind})",
    )
    return destination, key


def check_address(kind: str, address: str) -> None:
    """Raises ValidationError for the field `address`."""
    try:
        if kind == Destination.Kind.WEBHOOK:
            guard.check_url(address)
        else:
            senders.check_chat(address)
    except guard.AddressRefused as error:
        raise ValidationError({"address": str(error)}) from error


def _shown(kind: str, address: str) -> str:
    """An address without its secrets: a webhook's host, a chat's service."""
    if kind == Destination.Kind.WEBHOOK:
        return guard.check_url(address).hostname or ""
    return senders.chat_schemes()[address.partition("://")[0].lower()]


@transaction.atomic
def subscribe(*, destination: Destination, chosen: Sequence[str], merchant: Merchant | None, by: User) -> int:
    """Subscribe a destination to topics, of one merchant or of all; answers how many are new."""
    offered = {topic.key: topic for topic in topics.offered_to(by)}
    if unknown := [key for key in chosen if key not in offered]:
        raise ValidationError({"topics": _("You cannot be notified about %(name)s.") % {"name": unknown[0]}})
    made = 0
    for key in chosen:
        # who sees one merchant alone needs none named
        of = merchant if offered[key].has_merchants and by.sees_all_merchants else None
        made += Subscription.objects.get_or_create(destination=destination, topic=key, merchant=of)[1]
    return made


@transaction.atomic
def switch(*, destination: Destination, on: bool, by: User) -> None:
    """Off: nothing is sent; on: what is new from now on."""
    destination.is_enabled = on
    if on:
        destination.cursor = number_batch()
    destination.save(update_fields=["is_enabled", "cursor"])
    word = "on" if on else "off"
    audit.record(
        action="destination.switch", by=by, subject=destination, summary=f"Notifications to {destination.name}: {word}"
    )


@transaction.atomic
def delete(*, destination: Destination, by: User) -> None:
    """What waits for it is not sent any more."""
    audit.record(
        action="destination.delete", by=by, subject=destination, summary=f"No more notifications to {destination.name}"
    )
    destination.delete()


def send_now(*, destination: Destination, now: datetime) -> int:
    """Send a digest's news without waiting for its time; answers how many, 0 when there is nothing to send."""
    number_batch()
    return notify(destination.pk, now=now)


@transaction.atomic
def send_test(*, destination: Destination, now: datetime) -> Delivery:
    """A message that shows whether the destination works."""
    section = {"topic": "test", "title": _("Test"), "count": 1, "url": reverse("notification-settings")}
    line = {"label": _("If you can read this, messages arrive."), "url": "", "vendor": None}
    sections = [section | {"lines": [line]}]
    return deliveries.create(destination=destination, title=_("Test message"), sections=sections, now=now)
