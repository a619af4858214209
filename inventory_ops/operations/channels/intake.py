"""Orders of a channel: each snapshot is compared with what was known, and the difference moves stock here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from inventory_ops.adapters.protocol import Basis, Capabilities, OrderLine, OrderSnapshot
from inventory_ops.models import (
    Channel,
    ChannelListing,
    ChannelOrder,
    ChannelOrderLine,
    Order,
    OrderItem,
    Product,
)
from inventory_ops.models.ledger import EventSource
from inventory_ops.models.orders import CancelledBy
from inventory_ops.operations import orders
from inventory_ops.operations.ledger import LedgerRefusal
from inventory_ops.operations.orders import NewLine, NewOrder

log = structlog.get_logger(__name__)


def unchanged(channel: Channel, snapshots: Sequence[OrderSnapshot], *, now: datetime) -> set[str]:
    """External ids of those that say what was taken before, as a whole: there is nothing to do for them."""
    known = dict(
        ChannelOrder.objects.filter(
            channel=channel, external_id__in=[each.external_id for each in snapshots], problem=""
        ).values_list("external_id", "digest")
    )
    same = {each.external_id for each in snapshots if bytes(known.get(each.external_id, b"")) == digest(each)}
    ChannelOrder.objects.filter(channel=channel, external_id__in=same).update(seen_at=now)
    return same


def digest(snapshot: OrderSnapshot) -> bytes:
    return hashlib.sha256(repr(snapshot).encode(errors="surrogatepass")).digest()


def take(channel: Channel, snapshot: OrderSnapshot, *, caps: Capabilities, now: datetime) -> bool:
    """Take an order as it is now; answers whether it is taken as a whole.

    Taking it again changes nothing. What cannot be taken is written down as the order's problem and tried again by
    the next poll; it holds up no other order.
    """
    try:
        with transaction.atomic():
            return _take(channel, snapshot, caps, now)
    except LedgerRefusal as refused:
        problem = str(refused)
    except DatabaseError as error:
        log.exception("channel_order_failed", channel=channel.code, order=snapshot.external_id)
        problem = does_not_fit(error)
    with transaction.atomic():
        known = under_lock(channel, snapshot, now)
        record(known, snapshot, now)
        known.problem = problem[:500]
        known.save()
    return False


def does_not_fit(error: DatabaseError) -> str:
    return _("The order does not fit our books (%(error)s).") % {"error": type(error).__name__}


def under_lock(channel: Channel, snapshot: OrderSnapshot, now: datetime) -> ChannelOrder:
    """The order's or cart's row under its lock, made where it is new."""
    new = ChannelOrder(
        channel=channel,
        external_id=snapshot.external_id,
        number=snapshot.number,
        raw_state=snapshot.raw_state,
        is_cart=snapshot.state == "cart",
        is_open=snapshot.state == "placed",
        updated_at=snapshot.updated_at,
        seen_at=now,
    )
    rows = ChannelOrder.objects.select_for_update(of=("self",)).select_related("order__store")
    while True:
        ChannelOrder.objects.bulk_create([new], ignore_conflicts=True)
        known = rows.filter(channel=channel, external_id=snapshot.external_id).first()
        if known is not None:  # else it was a cart, and is forgotten since
            return known


def record(known: ChannelOrder, snapshot: OrderSnapshot, now: datetime) -> None:
    """Write what the snapshot says of the order itself into its row."""
    known.number, known.raw_state, known.problem = snapshot.number, snapshot.raw_state[:100], ""
    known.placed_at, known.updated_at, known.seen_at = snapshot.placed_at, snapshot.updated_at, now
    known.is_cart, known.is_open = snapshot.state == "cart", snapshot.state == "placed"


def _take(channel: Channel, snapshot: OrderSnapshot, caps: Capabilities, now: datetime) -> bool:
    told = digest(snapshot)
    placed_at = snapshot.placed_at or snapshot.updated_at
    is_old = channel.started_at is not None and placed_at < channel.started_at
    rows_of_it = ChannelOrder.objects.filter(channel=channel, external_id=snapshot.external_id)
    is_known = rows_of_it.filter(is_cart=False).exists()
    if is_old and not is_known and (caps.basis is Basis.AVAILABLE or snapshot.state != "placed"):
        return True  # the imported quantities are without it already
    known = under_lock(channel, snapshot, now)
    record(known, snapshot, now)
    rows = lines_of(channel, known, snapshot, is_old=is_old and not is_known)
    snapshot = replace(snapshot, lines=tuple(rows[each.external_id].since_start(each) for each in snapshot.lines))
    known.problem = missing(rows.values())
    waiting_before = {row.pk: row.waiting_quantity for row in rows.values()}
    took = [(row, line) for line in snapshot.lines if (row := rows[line.external_id]).product_id and line.ordered > 0]
    if took:
        known.order = _order(channel, known, snapshot, took, placed_at)
        _move(channel, known.order, snapshot, took, placed_at, now)
    known.digest = told
    known.save()
    _forget_quantities(channel, took, waiting_before, caps)
    for row, line in took:
        row.open_quantity, row.kept_quantity = line.open, line.open + line.fulfilled
    ChannelOrderLine.objects.bulk_update(
        rows.values(), ["product", "item", "open_quantity", "kept_quantity", "waiting_quantity"]
    )
    _note_listings(channel, {row.product_id for row, _line in took if row.product_id})
    return not known.problem


def number_of(channel: Channel, snapshot: OrderSnapshot) -> str:
    return f"{channel.code}-{snapshot.number}"[:50]


def missing(rows: Iterable[ChannelOrderLine]) -> str:
    """The problem of lines whose product nobody knows; '' when there is none."""
    skus = sorted({row.sku or row.external_id for row in rows if row.product_id is None})
    if not skus:
        return ""
    return _("Not listed here: %(skus)s. Read the catalogue again, or add the product.") % {
        "skus": ", ".join(skus)[:300]
    }


def lines_of(
    channel: Channel, known: ChannelOrder, snapshot: OrderSnapshot, *, is_old: bool = False
) -> dict[str, ChannelOrderLine]:
    """Rows of the lines by external id, each with its product where the channel lists one of ours.

    Of an order that is older than the catalogue (`is_old`), what was shipped or cancelled by then is left out for
    good: it was not on the shelf when the quantities were read.
    """
    ChannelOrderLine.objects.bulk_create(
        [
            ChannelOrderLine(
                channel_order=known,
                external_id=each.external_id,
                sku=each.sku,
                shipped_before=each.fulfilled if is_old else 0,
                cancelled_before=each.cancelled if is_old else 0,
            )
            for each in snapshot.lines
        ],
        ignore_conflicts=True,
    )
    rows = {row.external_id: row for row in known.lines.order_by("pk")}
    strange = {each.external_id: each for each in snapshot.lines if rows[each.external_id].product_id is None}
    if strange:
        listed = dict(
            ChannelListing.objects.filter(
                channel=channel, external_id__in={each.variant_id for each in strange.values()}
            ).values_list("external_id", "product_id")
        )
        by_sku = dict(
            Product.objects.filter(
                merchant_id=channel.merchant_id, sku__in={each.sku for each in strange.values() if each.sku}
            ).values_list("sku", "pk")
        )
        for external_id, line in strange.items():
            rows[external_id].product_id = listed.get(line.variant_id) or by_sku.get(line.sku)
    return rows


def _order(
    channel: Channel,
    known: ChannelOrder,
    snapshot: OrderSnapshot,
    took: list[tuple[ChannelOrderLine, OrderLine]],
    placed_at: datetime,
) -> Order:
    placed = orders.place(
        new=NewOrder(
            number=number_of(channel, snapshot),
            at=placed_at,
            currency=snapshot.currency,
            lines=[
                NewLine(row.shop_item_id, row.product_id, line.ordered, line.unit_price)
                for row, line in took
                if row.product_id
            ],
            store_number=channel.code,
            customer_email=snapshot.customer_email[:254],
        ),
        source=EventSource.CHANNEL,
        actor=channel.code,
    )
    if known.order_id not in (None, placed.order.pk):
        raise LedgerRefusal(_("The channel has two orders of the number %(n)s.") % {"n": snapshot.number})
    for row, _line in took:
        row.item_id = placed.items[row.shop_item_id].pk
    if known.was_left and placed.order.recovered_at is None:
        placed.order.recovered_at = placed_at
        placed.order.save(update_fields=["recovered_at"])
    return placed.order


def _move(
    channel: Channel,
    order: Order,
    snapshot: OrderSnapshot,
    took: list[tuple[ChannelOrderLine, OrderLine]],
    placed_at: datetime,
    now: datetime,
) -> None:
    """Ship what is fulfilled; cancel within the channel's window; what was cancelled later waits for people."""
    in_time = snapshot.updated_at - placed_at <= channel.cancel_window
    cancelled: dict[int, int] = {}
    shipped: dict[int, int] = {}
    items = OrderItem.objects.in_bulk([row.item_id for row, _line in took if row.item_id])
    for row, line in took:
        assert row.item_id is not None
        item = items[row.item_id]
        if line.cancelled and in_time:  # what is on its way already is for people to take back
            cancelled[item.pk] = min(line.cancelled, item.quantity - max(item.quantity_shipped, line.fulfilled))
        if line.fulfilled:
            shipped[item.pk] = line.fulfilled
    if cancelled:
        orders.cancel(
            order=order,
            totals=cancelled,
            cancelled_by=CancelledBy.CUSTOMER,
            at=max(snapshot.updated_at, placed_at),
            source=EventSource.CHANNEL,
            actor=channel.code,
        )
    if shipped:
        orders.ship(order=order, totals=shipped, at=now, source=EventSource.CHANNEL, actor=channel.code)
    if back := {row.item_id: line.returned for row, line in took if row.item_id and line.returned}:
        orders.refunded(order=order, totals=back, at=now)
    fresh = OrderItem.objects.in_bulk([row.item_id for row, _line in took if row.item_id])
    for row, line in took:
        taken_back = fresh[row.item_id].cancelled_quantity if row.item_id else 0
        row.waiting_quantity = max(line.cancelled - taken_back, 0) + line.returned


def _forget_quantities(
    channel: Channel,
    took: list[tuple[ChannelOrderLine, OrderLine]],
    waiting_before: dict[int, int],
    caps: Capabilities,
) -> None:
    """The channel has moved its quantity itself, before or after our last write: tell it anew.

    Where it counts what is available, by every order; where it counts what is on hand, by what left the shelf or
    came back to it. Where it compares before it sets, we can guess what it has now.
    """
    moved: dict[int, int] = {}
    for row, line in took:
        if row.product_id is None:
            continue
        if caps.basis is Basis.AVAILABLE:
            units = line.open + line.fulfilled - row.kept_quantity
        else:
            units = line.fulfilled - (row.kept_quantity - row.open_quantity)
            units = units or row.waiting_quantity - waiting_before[row.pk]
        if units:
            moved[row.product_id] = moved.get(row.product_id, 0) + units
    for product_id, units in moved.items():
        rows = ChannelListing.objects.filter(channel=channel, product_id=product_id)
        rows.update(there_quantity=F("there_quantity") - units if caps.compare_and_set else None)


def _note_listings(channel: Channel, products: set[int]) -> None:
    """What the channel holds itself may have changed without a change of stock: have its listings looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inventory_ops_channelchange (channel_id, listing_id)"
            " select channel_id, id from inventory_ops_channellisting where channel_id = %s and product_id = any(%s)",
            [channel.pk, list(products)],
        )
