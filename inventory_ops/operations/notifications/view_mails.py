"""Saved views that people are sent: subscribed to, ended, and made into messages once when their time has come."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from inventory_ops.kit import broker
from inventory_ops.kit.reports import registry
from inventory_ops.models import Destination, SavedView, User, ViewSubscription
from inventory_ops.operations import audit
from inventory_ops.operations.notifications import deliveries
from inventory_ops.operations.notifications.dispatch import next_digest
from inventory_ops.queries import sent_views, shop

MOST = 50  # of one person
AT_ONCE = 500  # queued in one round

log = structlog.get_logger(__name__)


@transaction.atomic
def subscribe(
    *, view: SavedView, frequency: str, destination: Destination | None, by: User, now: datetime
) -> ViewSubscription:
    """Have a view sent to one's mailbox, or to a chat of one's own; asked again, it is sent as often as said last.

    What is sent on a change is compared with the rows of this moment. Raises ValidationError.
    """
    User.objects.select_for_update(of=["self"]).get(pk=by.pk)  # the lock makes counting and adding one step
    if frequency not in ViewSubscription.Frequency.values:
        raise ValidationError({"frequency": _("Choose how often it is sent.")})
    own_chat = destination is not None and destination.user_id == by.pk and destination.kind == Destination.Kind.CHAT
    if destination is not None and not own_chat:
        raise ValidationError({"where": _("Choose your mailbox or a chat of yours.")})
    row = ViewSubscription.objects.filter(user=by, view=view, destination=destination).first()
    if row is None:
        if ViewSubscription.objects.filter(user=by).count() >= MOST:
            raise ValidationError(_("You are sent %(n)d views. Unsubscribe from one first.") % {"n": MOST})
        row = ViewSubscription(user=by, view=view, destination=destination)
    row.frequency, row.next_at, row.problem = frequency, _next(frequency, now), ""
    if frequency == ViewSubscription.Frequency.CHANGES:
        try:
            row.digest, row.row_count = sent_views.digest(sent_views.open_for(row))
        except sent_views.NotOpen as error:
            raise ValidationError(str(error)) from error
    row.save()
    audit.record(action="view.subscribe", by=by, subject=view, summary=f"{view.report}: {view.name} ({frequency})")
    return row


@transaction.atomic
def end(*, subscription_id: int) -> bool:
    """Send it no more; what waits to be sent is not sent. False when it had ended."""
    row = ViewSubscription.objects.select_for_update(of=["self"]).select_related("user", "view")
    found = row.filter(pk=subscription_id).first()
    if found is None:
        return False
    view = found.view
    audit.record(action="view.unsubscribe", by=found.user, subject=view, summary=f"{view.report}: {view.name}")
    found.delete()
    return True


def start_due(*, now: datetime) -> int:
    """Notify the workers of what is due; a lost message is made up for by the next round. Answers how many."""
    due = ViewSubscription.objects.filter(next_at__lte=now).order_by("next_at").values_list("pk", flat=True)
    ids = list(due[:AT_ONCE])
    for pk in ids:
        broker.send("inventory_ops.tasks.send_view", pk)
    return len(ids)


@transaction.atomic
def send_due(subscription_id: int, *, now: datetime) -> bool:
    """Make the message of a subscription that is due, once: the row is held, and its next time moves ahead with it.

    Nothing is made for somebody who may not see the view any more; the row says why.
    """
    rows = ViewSubscription.objects.select_for_update(skip_locked=True, of=["self"])
    row = rows.select_related("user", "view", "destination").filter(pk=subscription_id, next_at__lte=now).first()
    if row is None:
        return False
    row.next_at = _next(row.frequency, now)
    before, is_news = row.row_count, False
    try:
        with transaction.atomic(), shop.written_to(row.user):
            opened = sent_views.open_for(row)
            is_news = _looked_at(row, opened)
        row.problem = ""
    except sent_views.NotOpen as error:
        row.problem = str(error)[:300]
    except DatabaseError as error:
        log.exception("view_not_read", subscription=row.pk)
        row.problem = f"Its rows could not be read ({type(error).__name__})."
    row.save(update_fields=["next_at", "digest", "row_count", "problem"])
    if is_news and not row.problem:
        on_change = row.frequency == ViewSubscription.Frequency.CHANGES
        title = f"{registry.get(row.view.report).title}: {row.view.name}"
        deliveries.create_view(
            subscription=row, title=title, url=opened.path, before=before if on_change else None, now=now
        )
    return is_news


def _looked_at(row: ViewSubscription, opened: sent_views.Opened) -> bool:
    """Is there something to send? What is sent on a change remembers the rows."""
    if row.frequency != ViewSubscription.Frequency.CHANGES:
        return True
    before, (row.digest, row.row_count) = row.digest, sent_views.digest(opened)
    return row.digest != before


def _next(frequency: str, now: datetime) -> datetime:
    if frequency == ViewSubscription.Frequency.CHANGES:
        return now + ViewSubscription.CHECKED_EVERY
    return next_digest(frequency, after=now)
