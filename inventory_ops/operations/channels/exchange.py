"""One round with a channel: read its orders, tell it its quantities, read its carts. And who is due for a round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.adapters import kinds
from inventory_ops.adapters.protocol import Adapter, BadRequest, ChannelError, OrderSnapshot
from inventory_ops.kit import broker
from inventory_ops.kit.db.locks import session_lock
from inventory_ops.models import Channel, ChannelOrder, ChannelWebhook
from inventory_ops.operations.channels import carts, days, health, intake, push
from inventory_ops.operations.channels.carts import Read
from inventory_ops.operations.channels.credentials import settings_of
from inventory_ops.operations.channels.push import Pushed
from inventory_ops.queries import channels as queries

POLL_EVERY = timedelta(seconds=60)
LOOK_BACK = timedelta(days=30)  # of the first poll: for open orders that were placed before the import
LONGEST_ROUND = timedelta(seconds=45)  # then the next channel has its turn
MOST_STALE = 3  # times that a channel's quantities may turn out to be others than we thought, in one round
MOST_REREAD = 500  # open orders of one round


@dataclass(slots=True)
class Round:
    """What a round did. `busy`: somebody else speaks with the channel. `error` is for people."""

    busy: bool = False
    orders: int = 0
    problems: int = 0
    pushed: Pushed = field(default_factory=Pushed)
    carts: Read = field(default_factory=Read)
    error: str = ""


def lock_name(channel_id: int) -> str:
    return f"channel:{channel_id}"


def open_adapter(channel: Channel) -> Adapter:
    """The channel ready to be spoken to. Raises ChannelError when this version cannot."""
    try:
        kind = kinds.get(channel.kind)
    except kinds.UnknownKind:
        raise ChannelError(_("This version has no channels of kind %(kind)s.") % {"kind": channel.kind}) from None
    return kind.open(settings_of(channel))


def sync(channel_id: int, *, now: datetime | None = None, force: bool = False) -> Round:
    """One round with an active channel, alone; `force` also when it is blocked or not yet due. Never raises for it."""
    outcome = Round()
    with session_lock(lock_name(channel_id)) as held:
        if not held:
            outcome.busy = True
            return outcome
        moment = timezone.now()
        channel = Channel.objects.active().filter(pk=channel_id).first()
        if channel is None or (not force and channel.blocked_until and channel.blocked_until > moment):
            return outcome
        try:
            adapter = open_adapter(channel)
            if channel.failures >= queries.FAILURES_THAT_OPEN:
                adapter.check()  # half open: one question before we trust it with work
            unread: BadRequest | None = None
            for _attempt in range(MOST_STALE):
                if channel.takes_orders:
                    try:
                        poll(channel, adapter, outcome, now=now or timezone.now())
                    except BadRequest as error:
                        unread = error  # orders that cannot be read hold up no quantities
                outcome.pushed = push.push(channel, adapter, until=moment + LONGEST_ROUND)
                if not outcome.pushed.stale:
                    break
            if unread is not None:
                raise unread
            if carts.is_due(channel, adapter.caps, now=moment, every=timedelta(0) if force else POLL_EVERY):
                outcome.carts = carts.read(channel, adapter, now=now or moment)
            elif not channel.takes_carts:
                carts.forget_all(channel)  # one that was just being read when they were switched off
        except ChannelError as error:
            outcome.error = str(error)
            health.failed(channel, error, now=timezone.now())
        else:
            health.succeeded(channel)
        pushed = outcome.pushed
        days.add(
            channel,
            sent=pushed.sent,
            rejected=pushed.rejected,
            failed=bool(outcome.error),
            waited=pushed.waited,
            now=timezone.now(),
        )
    return outcome


def poll(channel: Channel, adapter: Adapter, outcome: Round, *, now: datetime) -> None:
    """Read orders that changed since the last poll, those that messages named, and those still open."""
    caps = adapter.caps
    until = now - caps.order_lag
    since = (channel.orders_read_until or (channel.started_at or now) - LOOK_BACK) - caps.overlap
    webhooks = list(
        ChannelWebhook.objects.filter(channel=channel, handled_at__isnull=True).order_by("pk")[:MOST_REREAD]
    )
    seen: set[str] = set()

    def take(snapshots: Sequence[OrderSnapshot]) -> None:
        same = intake.unchanged(channel, snapshots, now=now)
        for snapshot in snapshots:
            seen.add(snapshot.external_id)
            if snapshot.external_id in same:
                continue
            outcome.orders += 1
            if not intake.take(channel, snapshot, caps=caps, now=now):
                outcome.problems += 1

    cursor: str | None = None
    while True:
        page = adapter.orders(since, until, cursor)
        take(page.items)
        cursor = page.next
        if cursor is None:
            break
    again = Q(problem__gt="", is_cart=False)
    if caps.reread_open_orders:
        again |= Q(is_open=True)
    named = {each.order_id for each in webhooks if each.order_id}
    open_ids = ChannelOrder.objects.filter(again, channel=channel).order_by("seen_at")
    ids = sorted((named | set(open_ids.values_list("external_id", flat=True)[:MOST_REREAD])) - seen)
    for start in range(0, len(ids), caps.page_size):
        take(adapter.orders_by_id(ids[start : start + caps.page_size]))
    ChannelWebhook.objects.filter(pk__in=[each.pk for each in webhooks]).update(handled_at=now)
    Channel.objects.filter(pk=channel.pk).update(orders_read_until=until, orders_polled_at=now)


def start_due(*, now: datetime) -> list[int]:
    """Ask the workers for a round with each channel that something can be done for; answers their ids.

    Notes of channels that cannot be spoken to now are condensed, so that they do not pile up.
    """
    due = queries.busy_channels(now=now, poll_before=now - POLL_EVERY)
    for channel_id in due:
        request(channel_id)
    blocked = Q(is_paused=True) | Q(blocked_until__gt=now)
    for channel in Channel.objects.filter(blocked, state=Channel.State.SYNCED):
        push.collect(channel)
    return due


def request(channel_id: int) -> None:
    """Ask the workers for a round soon. A broker that is away is not an error: the next tick asks again."""
    broker.send("inventory_ops.tasks.sync_channel", channel_id, queue="channels", expires=60)
