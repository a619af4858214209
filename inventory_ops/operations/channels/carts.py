"""Carts of a channel: kept here as they are there, moving no stock, until they are bought or gone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from inventory_ops.adapters.protocol import (
    Adapter,
    AuthFailed,
    Capabilities,
    ChannelError,
    FailedPayment,
    OrderSnapshot,
    RateLimited,
    TellsCarts,
)
from inventory_ops.models import Channel, ChannelOrder, Order, PaymentAttempt
from inventory_ops.models.orders import OrderStatus
from inventory_ops.operations import orders
from inventory_ops.operations.channels import intake
from inventory_ops.operations.ledger import LedgerRefusal
from inventory_ops.operations.orders import NewLine, NewOrder

log = structlog.get_logger(__name__)

LOOK_BACK = timedelta(days=30)  # of the first reading
MOST_REREAD = 500  # known carts that one reading asks for again, those longest unseen first
CARD_NUMBER = re.compile(r"\d([ -]?\d){12,18}")


@dataclass(slots=True)
class Read:
    """What one reading did: carts that were new or had changed, those that have gone, those not taken as a whole."""

    carts: int = 0
    gone: int = 0
    problems: int = 0


def is_due(channel: Channel, caps: Capabilities, *, now: datetime, every: timedelta) -> bool:
    if not (caps.tells_carts and channel.takes_carts and channel.takes_orders):
        return False
    return channel.carts_polled_at is None or channel.carts_polled_at <= now - every


def soon(channel: Channel) -> None:
    """Have the next round read the carts, however short a time ago that was done."""
    Channel.objects.filter(pk=channel.pk).update(carts_polled_at=None)


def read(channel: Channel, adapter: Adapter, *, now: datetime) -> Read:
    """Read the channel's carts. That they cannot be read is written down with the channel and holds up nothing else;
    raises RateLimited alone, which everything has to heed."""
    outcome, failed = Read(), ""
    try:
        _read(channel, cast("TellsCarts", adapter), adapter.caps, outcome, now)
    except RateLimited:
        raise
    except AuthFailed as error:
        failed = _("%(error)s Let the key read carts and their customers, or take no carts.") % {"error": error}
    except ChannelError as error:
        failed = str(error)
    if failed:
        log.warning("channel_carts_not_read", channel=channel.code, text=failed)
        Channel.objects.filter(pk=channel.pk).update(carts_polled_at=now, carts_error=failed[:500])
    elif outcome.carts or outcome.gone:
        log.info("channel_carts_read", channel=channel.code, carts=outcome.carts, gone=outcome.gone)
    return outcome


def _read(channel: Channel, adapter: TellsCarts, caps: Capabilities, outcome: Read, now: datetime) -> None:
    since = (channel.carts_read_until or now - LOOK_BACK) - caps.overlap
    seen: set[str] = set()

    def take_all(snapshots: Sequence[OrderSnapshot]) -> None:
        same = intake.unchanged(channel, snapshots, now=now)
        for snapshot in snapshots:
            seen.add(snapshot.external_id)
            if snapshot.external_id in same:
                continue
            if snapshot.state == "completed":
                outcome.gone += forget(channel, [snapshot.external_id])
                continue
            outcome.carts += 1
            if snapshot.state == "cart":
                whole = take(channel, snapshot, now=now)
            else:  # bought since the orders were read
                whole = intake.take(channel, snapshot, caps=caps, now=now)
            outcome.problems += not whole

    cursor: str | None = None
    while True:
        page = adapter.carts(since, cursor)
        take_all(page.items)
        cursor = page.next
        if cursor is None:
            break
    known = ChannelOrder.objects.filter(channel=channel, is_cart=True).exclude(external_id__in=seen)
    ids = list(known.order_by("seen_at").values_list("external_id", flat=True)[:MOST_REREAD])
    for start in range(0, len(ids), caps.page_size):
        asked = ids[start : start + caps.page_size]
        told = adapter.carts_by_id(asked)
        take_all(told)
        outcome.gone += forget(channel, sorted(set(asked) - {each.external_id for each in told}))
    Channel.objects.filter(pk=channel.pk).update(carts_read_until=now, carts_polled_at=now, carts_error="")


def take(channel: Channel, snapshot: OrderSnapshot, *, now: datetime) -> bool:
    """Take a cart as it is now; answers whether it is taken as a whole.

    Taking it again changes nothing, and so does news of a cart that became an order, or that is older than what is
    known. What cannot be taken is written down as its problem, and tried again by the next reading.
    """
    try:
        with transaction.atomic():
            return _take(channel, snapshot, now)
    except LedgerRefusal as refused:
        problem = str(refused)
    except DatabaseError as error:  # its text may hold the customer's address
        log.warning("channel_cart_failed", channel=channel.code, cart=snapshot.external_id, error=type(error).__name__)
        problem = intake.does_not_fit(error)
    with transaction.atomic():
        known = intake.under_lock(channel, snapshot, now)
        if known.is_cart:
            intake.record(known, snapshot, now)
            known.problem = problem[:500]
            known.save()
    return False


def _take(channel: Channel, snapshot: OrderSnapshot, now: datetime) -> bool:
    known = intake.under_lock(channel, snapshot, now)
    if not known.is_cart or snapshot.updated_at < known.updated_at:
        return True
    known.lines.exclude(external_id__in=[line.external_id for line in snapshot.lines]).delete()
    rows = intake.lines_of(channel, known, snapshot)
    if known.order and known.order.store and known.order.status == OrderStatus.CART:
        known.was_left |= snapshot.updated_at - known.order.last_activity_at > known.order.store.abandon_after
    intake.record(known, snapshot, now)
    known.problem = intake.missing(rows.values())
    known.digest = intake.digest(snapshot)
    lines = [
        NewLine(row.shop_item_id, row.product_id, line.ordered, line.unit_price)
        for line in snapshot.lines
        if (row := rows[line.external_id]).product_id and line.ordered > 0
    ]
    if lines or known.order:
        saved = orders.save_cart(
            new=NewOrder(
                number=intake.number_of(channel, snapshot),
                at=snapshot.updated_at,
                currency=snapshot.currency,
                lines=lines,
                store_number=channel.code,
                customer_email=snapshot.customer_email[:254],
                comment=snapshot.comment,
                promo_code=snapshot.promo_code[:100],
                promo_value=snapshot.promo_value,
                recovery_url=snapshot.recovery_url,
                marketing_consent=snapshot.marketing_consent,
            )
        )
        if ChannelOrder.objects.filter(order=saved.order).exclude(pk=known.pk).exists() or known.order_id not in (
            None,
            saved.order.pk,
        ):
            raise LedgerRefusal(_("The channel has two orders of the number %(n)s.") % {"n": snapshot.number})
        known.order = saved.order
        for row in rows.values():
            item = saved.items.get(row.shop_item_id)
            row.item_id = item.pk if item else None
        _keep_failures(saved.order, snapshot.failed_payments)
    known.save()
    known.lines.model.objects.bulk_update(rows.values(), ["product", "item"])
    return not known.problem


def _keep_failures(order: Order, failures: Sequence[FailedPayment]) -> None:
    PaymentAttempt.objects.bulk_create(
        [
            PaymentAttempt(
                order=order,
                attempted_at=each.at,
                succeeded=False,
                code=_without_card(each.code, 50),
                message=_without_card(each.message, 300),
            )
            for each in failures
        ],
        ignore_conflicts=True,
    )


def _without_card(text: str, longest: int) -> str:
    return CARD_NUMBER.sub("…", text)[:longest]


def forget(channel: Channel, external_ids: Sequence[str]) -> int:
    """Carts that are no more: they go here, too, with all that is known of the customer. Answers how many."""
    gone = 0
    for external_id in external_ids:
        with transaction.atomic():
            rows = ChannelOrder.objects.select_for_update(of=("self",))
            known = rows.filter(channel=channel, external_id=external_id, is_cart=True).first()
            if known is None:
                continue
            order_id = known.order_id
            known.delete()
            with suppress(ProtectedError):  # somebody claims a loss of one of its lines: the books keep it
                Order.objects.filter(pk=order_id or 0, status=OrderStatus.CART).delete()
            gone += 1
    return gone


def forget_all(channel: Channel) -> int:
    """The carts of a channel that takes none any more. Answers how many."""
    rows = ChannelOrder.objects.filter(channel=channel, is_cart=True)
    return forget(channel, list(rows.values_list("external_id", flat=True)))
