"""Deliveries: each message is sent until it arrived or is given up, under one idempotency key.

A worker that is killed between sending and recording leaves a lease that runs out: the message is then sent again,
with the same key (header of a webhook, Message-ID of a mail), so that the receiver can tell that it is the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit import broker
from inventory_ops.models import Delivery, Destination, User, ViewSubscription
from inventory_ops.operations import audit
from inventory_ops.operations.notifications import senders, view_letters

log = structlog.get_logger(__name__)

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 360))
MOST_TRIES = len(BACK_OFF) + 1


class NotRetried(Exception):
    """Only a delivery that failed permanently can be tried again; the message says so."""


def create(
    *,
    destination: Destination,
    title: str,
    sections: Sequence[Mapping[str, Any]],
    now: datetime,
    carts: Sequence[int] = (),
) -> Delivery:
    """A message to a destination, sent when the transaction commits.

    Of `carts` the ids are kept alone: what they are, and who may be written to, is looked up when it is sent.
    """
    delivery = Delivery.objects.create(
        user_id=destination.user_id,
        destination=destination,
        kind=destination.kind,
        name=destination.name,
        title=title[:200],
        content={"sections": list(sections)} | ({"carts": list(carts)} if carts else {}),
        next_try_at=now,
        created_at=now,
    )
    transaction.on_commit(lambda: send_soon(delivery.pk))
    return delivery


def create_view(*, subscription: ViewSubscription, title: str, url: str, before: int | None, now: datetime) -> Delivery:
    """A saved view to its subscriber: its rows are read when it is sent. `before` is how many they were last."""
    destination = subscription.destination
    section = {"topic": "view", "title": title, "count": "", "url": url, "lines": []}
    delivery = Delivery.objects.create(
        user_id=subscription.user_id,
        destination=destination,
        kind=destination.kind if destination else Destination.Kind.EMAIL,
        name=destination.name if destination else _("Views"),
        title=title[:200],
        address="" if destination else subscription.user.email,
        content={"sections": [section], view_letters.CONTENT: subscription.pk, "before": before},
        next_try_at=now,
        created_at=now,
    )
    transaction.on_commit(lambda: send_soon(delivery.pk))
    return delivery


def create_letter(*, user: User, title: str, text: str, now: datetime, address: str = "") -> Delivery:
    """A mail about the account of `user`, to `address` (default: the account's). Nobody can switch it off."""
    delivery = Delivery.objects.create(
        user=user,
        kind=Destination.Kind.EMAIL,
        name=_("Account"),
        title=title[:200],
        address=address or user.email,
        content={"text": text},
        next_try_at=now,
        created_at=now,
    )
    transaction.on_commit(lambda: send_soon(delivery.pk))
    return delivery


def send_soon(delivery_id: UUID) -> None:
    """Notify the workers. A broker that is away is not an error: the sweeper notifies them again."""
    broker.send("inventory_ops.tasks.deliver", str(delivery_id))


def sweep(*, now: datetime) -> int:
    """Queue what is due: tries whose time has come, and what a lost message or worker left. Answers how many."""
    # what was made just now is on its way to a worker already
    due = Delivery.objects.due(now).exclude(attempts=0, created_at__gt=now - timedelta(seconds=30))
    ids = list(due.order_by("next_try_at").values_list("pk", flat=True)[:500])
    for pk in ids:
        send_soon(pk)
    return len(ids)


def deliver(delivery_id: UUID | str, *, now: datetime | None = None) -> None:
    """Send one message if it is due and nobody else is at it, and write down the outcome of it."""
    moment = now or timezone.now()
    taken = Delivery.objects.due(moment).filter(pk=delivery_id)
    if not taken.update(lease_until=moment + Delivery.LEASE, attempts=F("attempts") + 1):
        return
    delivery = Delivery.objects.select_related("destination", "user").get(pk=delivery_id)
    if delivery.attempts > MOST_TRIES:  # its workers were killed, again and again
        _settle(delivery, state=Delivery.State.FAILED, error=f"Given up: its worker was lost {MOST_TRIES} times.")
        return
    try:
        _send(delivery)
    except senders.Refused as error:
        _settle(delivery, state=Delivery.State.FAILED, error=str(error))
    except senders.NotSent as error:
        _try_later(delivery, str(error), moment)
    except Exception as error:
        log.exception("delivery_broke", delivery=str(delivery.pk), kind=delivery.kind)
        _try_later(delivery, f"Stopped by an unexpected error ({type(error).__name__}).", moment)
    else:
        _settle(delivery, state=Delivery.State.SENT, error="", sent_at=timezone.now())


def _try_later(delivery: Delivery, error: str, moment: datetime) -> None:
    if delivery.attempts >= MOST_TRIES:
        _settle(delivery, state=Delivery.State.FAILED, error=f"{error} Given up after {MOST_TRIES} tries.")
    else:
        again = moment + BACK_OFF[delivery.attempts - 1]
        _settle(delivery, state=Delivery.State.PENDING, error=error, next_try_at=again)


def _send(delivery: Delivery) -> None:
    if view_letters.is_one(delivery):
        view_letters.send(delivery)
        return
    if delivery.address:
        senders.send_letter(delivery)
        return
    destination = delivery.destination
    if destination is None or not destination.is_enabled:
        raise senders.Refused("The destination was deleted or switched off.")
    if not delivery.user.is_active:
        raise senders.Refused("The account is disabled.")
    senders.send(delivery, destination)


def _settle(delivery: Delivery, *, state: Delivery.State, error: str, **values: Any) -> None:
    log.info("delivery", delivery=str(delivery.pk), kind=delivery.kind, state=str(state), attempt=delivery.attempts)
    pending = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING)
    pending.update(state=state, error=error[:500], lease_until=None, **values)


@transaction.atomic
def retry(*, delivery: Delivery, by: User) -> None:
    """Try a failed delivery again, from the start and under the same key. Raises NotRetried."""
    goes_somewhere = Q(destination__isnull=False) | ~Q(address="")
    failed = Delivery.objects.filter(goes_somewhere, pk=delivery.pk, state=Delivery.State.FAILED)
    if not failed.update(state=Delivery.State.PENDING, attempts=0, next_try_at=timezone.now(), lease_until=None):
        raise NotRetried("Only a failed delivery whose destination is still there can be tried again.")
    audit.record(action="delivery.retry", by=by, subject=delivery, summary=delivery.title)
    transaction.on_commit(lambda: send_soon(delivery.pk))
