"""Import of a channel's catalogue: read, previewed, then applied or discarded. Doing it again changes nothing.

The Primary Marketplace teaches: of it, products that are not here are made, and its quantities become `imported`
events, once for each thing it lists. Of other channels only listings are made. Quantities are never taken from a
channel again after its import.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.adapters.protocol import Basis, ChannelError, StockItem
from inventory_ops.models import Channel, ChannelImport, ChannelImportRow, User
from inventory_ops.models.ledger import EventSource
from inventory_ops.operations import audit, jobs, ledger
from inventory_ops.operations.channels import exchange, health
from inventory_ops.operations.channels.exclusive import exclusive
from inventory_ops.operations.channels.primary import ChannelRefused
from inventory_ops.operations.jobs import Context, JobFailed

State = ChannelImport.State
TAKEN = ("new", "matched", "conflict", "untracked")
LARGEST = 2_147_483_647
MOST_ITEMS = 500_000


@transaction.atomic
def start(*, channel: Channel, by: User) -> ChannelImport:
    """Begin to read the catalogue. Raises ChannelRefused while another reading waits for a decision."""
    locked = Channel.objects.select_for_update().get(pk=channel.pk)
    if locked.state == Channel.State.RETIRED:
        raise ChannelRefused(_("The channel is retired."))
    ChannelImport.objects.filter(channel=locked, state=State.READY).update(
        state=State.DISCARDED, finished_at=timezone.now()
    )
    _free_lost(locked)
    try:
        with transaction.atomic():
            reading = ChannelImport.objects.create(
                channel=locked,
                takes_quantities=locked.is_primary and locked.state == Channel.State.IMPORTING,
                created_by=by,
            )
    except IntegrityError as error:
        raise ChannelRefused(_("The catalogue is being read or applied already.")) from error
    reading.job = jobs.enqueue(
        kind="channel_read",
        title=_("Read the catalogue of %(name)s") % {"name": locked.name},
        by=by,
        params={"reading": reading.pk},
        queue="channels",
    )
    reading.save(update_fields=["job"])
    return reading


def _free_lost(channel: Channel) -> None:
    """A reading whose job has ended without it (killed, cancelled) is over."""
    for lost in ChannelImport.objects.filter(channel=channel, state=State.READING).select_related("job"):
        if lost.job is None or lost.job.is_final:
            lost.state, lost.finished_at = State.FAILED, timezone.now()
            lost.save(update_fields=["state", "finished_at"])


@jobs.handler("channel_read", only_reads=True)
def read(context: Context) -> None:
    """Read the whole catalogue into the reading's rows, and say of each what would become of it."""
    reading = ChannelImport.objects.select_related("channel__merchant").get(pk=context.params["reading"])
    if reading.state != State.READING:
        context.finish(_("Nothing to do: the reading was decided already."))
        return
    channel = reading.channel
    try:
        with exclusive(channel.pk):
            count = _read_rows(reading, channel, context)
    except ChannelError as error:
        health.failed(channel, error, now=timezone.now())
        _end(reading, State.FAILED, str(error))
        raise JobFailed(str(error)) from error
    except JobFailed as error:
        _end(reading, State.FAILED, str(error))
        raise
    with transaction.atomic():
        classify(reading)
        ChannelImport.objects.filter(pk=reading.pk, state=State.READING).update(state=State.READY)
    context.finish(
        ngettext(
            "%(n)s thing read. Look at the preview, then apply it.",
            "%(n)s things read. Look at the preview, then apply it.",
            count,
        )
        % {"n": count}
    )


def _read_rows(reading: ChannelImport, channel: Channel, context: Context) -> int:
    adapter = exchange.open_adapter(channel)
    adapter.check()
    reading.rows.all().delete()  # a first attempt that was cut short
    ChannelImport.objects.filter(pk=reading.pk).update(created_at=timezone.now())
    cursor, count = None, 0
    while True:
        page = adapter.stock(cursor)
        ChannelImportRow.objects.bulk_create(
            [_row(reading, item, adapter.caps.basis) for item in page.items], batch_size=1000, ignore_conflicts=True
        )
        count += len(page.items)
        if count > MOST_ITEMS:
            raise JobFailed(_("The channel lists more than %(n)s things.") % {"n": f"{MOST_ITEMS:,}"})
        context.progress(count, page.total)
        cursor = page.next
        if cursor is None:
            health.succeeded(channel)
            return count


def _row(reading: ChannelImport, item: StockItem, basis: Basis) -> ChannelImportRow:
    return ChannelImportRow(
        reading=reading,
        external_id=item.external_id[:200],
        sku=item.sku.strip()[:200],
        title=item.title[:300],
        location_id=item.location_id[:200],
        quantity=item.quantity(basis) if item.tracked else None,
        price=item.price,
        currency=item.currency[:3],
    )


_CLASSIFY = """
with known as (
    select r.id, coalesce(l.product_id, p.id) as product_id, l.id is not null as is_linked,
        r.sku <> '' and count(*) over (partition by r.sku) > 1 as is_duplicate, h.on_hand, h.has_stock
    from inventory_ops_channelimportrow r
    left join inventory_ops_channellisting l on l.channel_id = %(channel)s and l.external_id = r.external_id
    left join inventory_ops_product p on p.merchant_id = %(merchant)s and p.sku = r.sku and r.sku <> ''
    left join lateral (
        select coalesce(sum(b.on_hand), 0) as on_hand, coalesce(bool_or(b.version > 0), false) as has_stock
        from inventory_ops_stockbalance b join inventory_ops_inventorytype t on t.id = b.inventory_type_id
        where b.product_id = coalesce(l.product_id, p.id) and t.is_sellable
    ) h on coalesce(l.product_id, p.id) is not null
    where r.reading_id = %(reading)s
)
update inventory_ops_channelimportrow r
set product_id = k.product_id, on_hand = k.on_hand, verdict = case
    when k.is_linked then 'linked'
    when r.sku = '' or length(r.sku) > 100 or r.quantity < 0 or r.quantity > %(largest)s then 'bad'
    when k.is_duplicate then 'duplicate'
    when k.product_id is null and not %(makes_products)s then 'unknown'
    when k.product_id is null and (r.price is null or r.price < 0 or r.currency not in ('', %(currency)s)) then 'bad'
    when k.product_id is null then 'new'
    when not %(takes)s then 'matched'
    when r.quantity is null then 'untracked'
    when k.has_stock and k.on_hand <> r.quantity then 'conflict'
    else 'matched' end
from known k where k.id = r.id
"""


def classify(reading: ChannelImport) -> None:
    """Say of every row what applying would do, as things are now."""
    channel = reading.channel
    with connection.cursor() as cursor:
        cursor.execute(
            _CLASSIFY,
            {
                "channel": channel.pk,
                "merchant": channel.merchant_id,
                "currency": channel.merchant.currency,
                "reading": reading.pk,
                "takes": reading.takes_quantities,
                "makes_products": channel.is_primary,
                "largest": LARGEST,
            },
        )


def counts(reading: ChannelImport) -> dict[str, int]:
    """Rows by verdict, and `zero`: those that would be taken with nothing on hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select verdict, count(*), count(*) filter (where quantity = 0 and verdict = any(%s))"
            " from inventory_ops_channelimportrow where reading_id = %s group by 1",
            [list(TAKEN), reading.pk],
        )
        rows = cursor.fetchall()
    return {verdict: count for verdict, count, _zero in rows} | {"zero": sum(zero for _v, _c, zero in rows)}


class PreviewChanged(Exception):
    """What applying would do is no longer what was shown; nothing was done."""


@transaction.atomic
def confirm(*, reading: ChannelImport, seen: Mapping[str, int], by: User) -> ChannelImport:
    """Apply a reading, as a job. Raises PreviewChanged when it would do other things than were `seen`."""
    locked = (
        ChannelImport.objects.select_for_update(of=("self",)).select_related("channel__merchant").get(pk=reading.pk)
    )
    if locked.state != State.READY:
        raise ChannelRefused(_("This reading was applied or discarded already."))
    classify(locked)
    if counts(locked) != dict(seen):
        raise PreviewChanged
    locked.state = State.APPLYING
    locked.job = jobs.enqueue(
        kind="channel_apply",
        title=_("Import the catalogue of %(name)s") % {"name": locked.channel.name},
        by=by,
        params={"reading": locked.pk},
        queue="channels",
    )
    locked.save(update_fields=["state", "job"])
    return locked


@transaction.atomic
def discard(*, reading: ChannelImport, by: User) -> None:
    """Forget a reading. One that was decided already stays as it is."""
    if ChannelImport.objects.filter(pk=reading.pk, state__in=[State.READY, State.READING]).update(
        state=State.DISCARDED, finished_at=timezone.now()
    ):
        audit.record(
            action="channel.import_discard",
            by=by,
            subject=reading.channel,
            summary=_("Catalogue of %(name)s discarded") % {"name": reading.channel.name},
            merchant_id=reading.channel.merchant_id,
        )


@jobs.handler("channel_apply")
def apply(context: Context) -> None:
    """Products, listings and `imported` events in one transaction; applying twice changes nothing."""
    with transaction.atomic():
        reading = (
            ChannelImport.objects.select_for_update(of=("self",))
            .select_related("channel__merchant", "created_by")
            .get(pk=context.params["reading"])
        )
        if reading.state != State.APPLYING:
            context.finish(_("Nothing to do: it was applied already."))
            return
        channel = Channel.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=reading.channel_id)
        if channel.state == Channel.State.RETIRED:
            raise JobFailed(_("The channel was retired meanwhile."))
        reading.channel = channel
        classify(reading)
        by = context.job.created_by
        products = _make_products(reading)
        listings = _make_listings(reading)
        events = _book(reading, by)
        channel.started_at = channel.started_at or reading.created_at
        channel.state = Channel.State.SYNCED
        channel.save(update_fields=["started_at", "state"])
        message = _("%(products)s products made, %(listings)s linked, %(events)s quantities imported.") % {
            "products": products,
            "listings": listings,
            "events": events,
        }
        _end(reading, State.DONE, message)
        audit.record(
            action="channel.import",
            by=by,
            subject=channel,
            summary=f"{channel.name}: {message}",
            data={"reading": reading.pk, "products": products, "listings": listings, "events": events},
            merchant_id=channel.merchant_id,
        )
        transaction.on_commit(lambda: exchange.request(channel.pk))
    context.finish(message)


def _end(reading: ChannelImport, state: ChannelImport.State, message: str) -> None:
    ChannelImport.objects.filter(pk=reading.pk).update(state=state, message=message[:500], finished_at=timezone.now())


def _execute(sql: str, params: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def _make_products(reading: ChannelImport) -> int:
    made = _execute(
        """insert into inventory_ops_product (merchant_id, sku, vendor_sku, name, short_description, brand_name,
               model_name, price, is_live, created_at, updated_at)
           select %(merchant)s, sku, '', coalesce(nullif(title, ''), sku), '', '', '', price, true, now(), now()
           from inventory_ops_channelimportrow where reading_id = %(reading)s and verdict = 'new'
           order by sku on conflict do nothing""",
        {"merchant": reading.channel.merchant_id, "reading": reading.pk},
    )
    _execute(
        """update inventory_ops_channelimportrow r set product_id = p.id from inventory_ops_product p
           where r.reading_id = %(reading)s and r.verdict = 'new' and p.merchant_id = %(merchant)s and p.sku = r.sku""",
        {"merchant": reading.channel.merchant_id, "reading": reading.pk},
    )
    return made


def _make_listings(reading: ChannelImport) -> int:
    """Its quantity counts as what the channel has, so that what is right already is not sent."""
    return _execute(
        """insert into inventory_ops_channellisting (channel_id, merchant_id, product_id, external_id, external_sku,
               location_id, state, is_due, due_at, must_send, error, there_quantity, there_at, imported_quantity,
               imported_at)
           select %(channel)s, %(merchant)s, product_id, external_id, sku, location_id, 'waiting', true, now(), false,
               '', quantity, %(read_at)s, case when %(takes)s or verdict = 'new' then quantity end,
               case when %(takes)s or verdict = 'new' then now() end
           from inventory_ops_channelimportrow where reading_id = %(reading)s and verdict = any(%(taken)s)
           order by product_id on conflict do nothing""",
        {
            "channel": reading.channel_id,
            "merchant": reading.channel.merchant_id,
            "read_at": reading.created_at,
            "takes": reading.takes_quantities,
            "reading": reading.pk,
            "taken": list(TAKEN),
        },
    )


def _book(reading: ChannelImport, by: User | None) -> int:
    """One `imported` event for the difference to what is on hand, once for each thing that the channel lists."""
    ledger.stage()
    _execute(
        """insert into pg_temp.ledger_booking (product_id, kind, quantity, reference, counted_quantity, key)
           select product_id, 'imported', 0, left(%(code)s || ' ' || external_id, 200), quantity,
               left('channel:' || %(channel)s || ':import:' || external_id, 200)
           from inventory_ops_channelimportrow
           where reading_id = %(reading)s and quantity is not null
               and (verdict = 'new' or (%(takes)s and verdict in ('matched', 'conflict')))
           order by product_id""",
        {
            "code": reading.channel.code,
            "channel": reading.channel_id,
            "reading": reading.pk,
            "takes": reading.takes_quantities,
        },
    )
    ledger.lock_balances()
    # after the locks, in a statement of its own, so that it sees what others have booked meanwhile
    _execute(
        """update pg_temp.ledger_booking x set quantity = x.counted_quantity - (
               select coalesce(sum(b.on_hand), 0) from inventory_ops_stockbalance b
               join inventory_ops_inventorytype t on t.id = b.inventory_type_id
               where b.product_id = x.product_id and t.is_sellable)""",
        {},
    )
    _execute("delete from pg_temp.ledger_booking where quantity = 0", {})
    booked = ledger.book_staged(source=EventSource.CHANNEL, actor=by.email if by else "")
    return booked.events
