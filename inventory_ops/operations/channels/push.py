"""Telling a channel its quantities: coalesced, newest wins, at most once a value, and the last one always arrives.

A change of stock notes its listings in the same transaction (a trigger). The push turns the notes into listings that
are due, computes what each should be told, writes its intent down, sends, and writes down the outcome of it. Whoever
is killed in between leaves an intent: the next push asks the channel the outcome of it before it sends anew.

Only the holder of the channel's lock runs this.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory_ops.adapters.protocol import (
    Adapter,
    BadRequest,
    Basis,
    ChannelError,
    Outcome,
    StockWrite,
    Unavailable,
    WriteResult,
)
from inventory_ops.models import Channel, ChannelListing
from inventory_ops.queries import channels as queries

State = ChannelListing.State
VERIFY_AFTER = timedelta(minutes=2)  # an older write that was given up may still arrive within this time
MOST_REJECTED = 20  # in one push; more of them are the channel's failure, not the items'


@dataclass(slots=True)
class Pushed:
    """What a push did, in listings."""

    sent: int = 0
    settled: int = 0  # due, but the channel has it already
    rejected: int = 0
    stale: int = 0
    waited: timedelta | None = None  # the longest that one that was sent had been due


def collect(channel: Channel) -> int:
    """Turn notes of changed stock into due listings; answers notes taken. Safe beside everything."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with gone as (
                   delete from inventory_ops_channelchange where channel_id = %s returning listing_id, at
               ), first as (select listing_id, min(at) as at from gone group by 1), marked as (
                   update inventory_ops_channellisting l set is_due = true,
                       due_at = case when l.is_due then l.due_at else first.at end,
                       state = case when l.intent_key is null then 'waiting' else l.state end
                   from first where l.id = first.listing_id
               )
               select count(*) from gone""",
            [channel.pk],
        )
        return int(cursor.fetchone()[0])


def push(channel: Channel, adapter: Adapter, *, until: datetime) -> Pushed:
    """Send what is due until nothing is or the time is over. Raises ChannelError; what was sent stays sent.

    Ends early where the channel had other quantities than we thought (`stale`): read its orders first, then go on.
    """
    done = Pushed()
    caps = adapter.caps
    resolve(channel, adapter, done)
    _verify(channel, adapter)
    while timezone.now() < until:
        collect(channel)
        planned, writes = _plan(channel, caps.basis, caps.max_batch, with_expected=caps.compare_and_set, done=done)
        if writes:
            _send(channel, adapter, writes, done)
        if not planned or done.stale:
            break
    return done


def _plan(
    channel: Channel, basis: Basis, limit: int, *, with_expected: bool, done: Pushed
) -> tuple[int, list[StockWrite]]:
    """Settle due listings whose channel has the quantity, and write down the intent of the others."""
    with transaction.atomic():
        listings = list(
            ChannelListing.objects.select_for_update(no_key=True)
            .filter(channel=channel, is_due=True, intent_key__isnull=True)
            .order_by("due_at", "id")[:limit]
        )
        quantities = queries.wanted([each.pk for each in listings], basis=basis)
        writes = []
        for each in listings:
            quantity = quantities[each.pk]
            each.wanted_quantity = quantity
            each.is_due = False
            if quantity == each.there_quantity and not each.must_send:
                each.state, each.error = State.SENT, ""
                done.settled += 1
                continue
            each.intent_key, each.intent_quantity = uuid.uuid4(), quantity
            each.state = State.SENDING
            writes.append(_write(each, with_expected))
        _save(listings, "wanted_quantity", "is_due", "state", "error", "intent_key", "intent_quantity")
    return len(listings), writes


def _write(listing: ChannelListing, with_expected: bool) -> StockWrite:
    assert listing.intent_key is not None
    assert listing.intent_quantity is not None
    return StockWrite(
        key=listing.intent_key,
        external_id=listing.external_id,
        sku=listing.external_sku,
        location_id=listing.location_id,
        quantity=listing.intent_quantity,
        expected=listing.there_quantity if with_expected else None,
    )


def _save(listings: Sequence[ChannelListing], *fields: str) -> None:
    if listings:
        ChannelListing.objects.bulk_update(listings, fields, batch_size=500)


def _send(channel: Channel, adapter: Adapter, writes: list[StockWrite], done: Pushed) -> None:
    """Send one batch; halve it where the channel refuses it as a whole, down to the item that it is about."""
    try:
        results = adapter.write_stock(writes)
    except BadRequest as error:
        if len(writes) == 1:
            _note(channel, [WriteResult(writes[0].key, Outcome.REJECTED, message=str(error))], done)
            if done.rejected >= MOST_REJECTED and not done.sent:
                raise
            return
        middle = len(writes) // 2
        for part, rest in ((writes[:middle], writes[middle:]), (writes[middle:], [])):
            try:
                _send(channel, adapter, part, done)
            except ChannelError:
                _give_up(channel, rest)
                raise
        return
    except Unavailable as error:
        if error.ambiguous:
            _doubt(channel, [each.key for each in writes])
        else:
            _give_up(channel, writes)
        raise
    except ChannelError:
        _give_up(channel, writes)
        raise
    answered = {result.key for result in results}
    missing = [WriteResult(each.key, Outcome.UNKNOWN) for each in writes if each.key not in answered]
    _note(channel, [*results, *missing], done)


def _note(channel: Channel, results: Sequence[WriteResult], done: Pushed) -> None:
    """Write down the outcome of each write."""
    now = timezone.now()
    by_key = {result.key: result for result in results}
    with transaction.atomic():
        listings = list(
            ChannelListing.objects.select_for_update(no_key=True)
            .filter(channel=channel, intent_key__in=by_key)
            .order_by("id")
        )
        for each in listings:
            assert each.intent_key is not None
            result = by_key[each.intent_key]
            if result.outcome is Outcome.APPLIED:
                each.sent_quantity = each.there_quantity = each.intent_quantity
                each.sent_at = each.there_at = now
                each.state, each.error, each.must_send = State.SENT, "", False
                done.sent += 1
                done.waited = max(done.waited or timedelta(0), now - each.due_at)
            elif result.outcome is Outcome.REJECTED:
                each.state, each.error, each.must_send = State.REJECTED, result.message[:500], False
                done.rejected += 1
            elif result.outcome is Outcome.STALE:
                each.state, each.is_due, each.due_at = State.WAITING, True, now
                each.there_quantity, each.there_at = result.current, now
                done.stale += 1
            else:
                each.state = State.UNKNOWN
                continue  # the intent stays, to be resolved
            each.intent_key = each.intent_quantity = None
            if each.is_due and each.state == State.SENT:
                each.state = State.WAITING
        _save(
            listings,
            "sent_quantity",
            "sent_at",
            "there_quantity",
            "there_at",
            "state",
            "error",
            "must_send",
            "is_due",
            "due_at",
            "intent_key",
            "intent_quantity",
        )
        if any(each.state == State.SENT for each in listings):
            Channel.objects.filter(pk=channel.pk).update(pushed_at=now)


def _doubt(channel: Channel, keys: Sequence[uuid.UUID]) -> None:
    """Perhaps written: the intent stays, and is looked at again later, in case the write arrives late."""
    ChannelListing.objects.filter(channel=channel, intent_key__in=keys).update(
        state=State.UNKNOWN, verify_at=timezone.now() + VERIFY_AFTER
    )


def _give_up(channel: Channel, writes: Sequence[StockWrite]) -> None:
    """Certainly not written: due again."""
    ChannelListing.objects.filter(channel=channel, intent_key__in=[each.key for each in writes]).update(
        state=State.WAITING, is_due=True, intent_key=None, intent_quantity=None
    )


def resolve(channel: Channel, adapter: Adapter, done: Pushed) -> None:
    """Ask the channel the outcome of intents whose answer was lost; send those again that it does not have.

    The same intent goes out again under the same key; one that has been overtaken by a newer quantity is dropped.
    """
    doubtful = ChannelListing.objects.filter(channel=channel, intent_key__isnull=False).order_by("id")
    for listings in _batches(list(doubtful), adapter.caps.max_batch):
        there = _read(adapter, listings)
        wanted = queries.wanted([each.pk for each in listings], basis=adapter.caps.basis)
        applied = [
            WriteResult(each.intent_key, Outcome.APPLIED)
            for each in listings
            if each.intent_key and there.get(each.external_id) == each.intent_quantity
        ]
        _note(channel, applied, done)
        again: list[StockWrite] = []
        with transaction.atomic():
            lost = list(_locked(listings).filter(intent_key__isnull=False))
            for each in lost:
                each.there_quantity, each.there_at = there.get(each.external_id), timezone.now()
                each.verify_at = each.there_at + VERIFY_AFTER
                if wanted[each.pk] == each.intent_quantity:
                    each.state = State.SENDING
                    again.append(_write(each, adapter.caps.compare_and_set))
                else:
                    each.state, each.is_due = State.WAITING, True
                    each.intent_key = each.intent_quantity = None
            _save(
                lost,
                "there_quantity",
                "there_at",
                "verify_at",
                "state",
                "is_due",
                "intent_key",
                "intent_quantity",
            )
        if again:
            _send(channel, adapter, again, done)


def _verify(channel: Channel, adapter: Adapter) -> None:
    """Look again at listings that a given-up write may have reached late; those that differ are due."""
    now = timezone.now()
    late = ChannelListing.objects.filter(channel=channel, verify_at__lte=now, intent_key__isnull=True).order_by("id")
    for listings in _batches(list(late), adapter.caps.max_batch):
        there = _read(adapter, listings)
        with transaction.atomic():
            rows = list(_locked(listings))
            for each in rows:
                each.verify_at = None
                if each.external_id in there and there[each.external_id] != each.there_quantity:
                    each.there_quantity, each.there_at = there[each.external_id], now
                    each.is_due, each.state = True, State.WAITING
            _save(rows, "verify_at", "there_quantity", "there_at", "is_due", "state")


def _locked(listings: Sequence[ChannelListing]) -> QuerySet[ChannelListing]:
    """The listings anew, under their locks: people may have asked for them to be sent meanwhile."""
    ids = [each.pk for each in listings]
    return ChannelListing.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("id")


def _read(adapter: Adapter, listings: Sequence[ChannelListing]) -> dict[str, int | None]:
    """What the channel has now, by external id."""
    basis = adapter.caps.basis
    page = adapter.stock(ids=[each.external_id for each in listings])
    return {item.external_id: item.quantity(basis) for item in page.items}


def _batches(listings: list[ChannelListing], size: int) -> Iterator[list[ChannelListing]]:
    for start in range(0, len(listings), size):
        yield listings[start : start + size]
