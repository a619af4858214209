"""Reads about channels: what a listing should be told, and how each channel is doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from inventory_ops.adapters.protocol import Basis
from inventory_ops.models import (
    Channel,
    ChannelChange,
    ChannelListing,
    ChannelOrder,
    ChannelOrderLine,
    ChannelWebhook,
    EventKey,
    User,
)

FAILURES_THAT_OPEN = 5  # failed exchanges in a row after which a channel counts as not reachable

# On the shelf less promised, of types that can be sold, and nothing of a product that is not live; then the rule, the
# listing's fields over the channel's. On an on-hand channel its own open orders come on top: it takes them off itself.
_WANTED = """
select l.id, greatest(0, least(2147483647, case
    when not p.is_live or s.available <= r.end_when then 0
    else greatest(r.least, least(r.most, floor((s.available - r.buffer) * r.percent / 100))) end + o.held))::int
from inventory_ops_channellisting l
join inventory_ops_channel c on c.id = l.channel_id
join inventory_ops_product p on p.id = l.product_id
cross join lateral (
    select coalesce(l.buffer, c.buffer, 0)::bigint as buffer, coalesce(l.percent, c.percent, 100) as percent,
        coalesce(l.min_quantity, c.min_quantity, 0)::bigint as least,
        coalesce(l.max_quantity, c.max_quantity, 2147483647)::bigint as most,
        coalesce(l.end_when, c.end_when, 0)::bigint as end_when
) r
cross join lateral (
    select coalesce(sum(b.on_hand::bigint - b.allocated), 0) as available
    from inventory_ops_stockbalance b join inventory_ops_inventorytype t on t.id = b.inventory_type_id
    where b.product_id = l.product_id and t.is_sellable
) s
cross join lateral (
    select coalesce(sum(x.open_quantity), 0)::bigint as held
    from inventory_ops_channelorderline x join inventory_ops_channelorder h on h.id = x.channel_order_id
    where %(on_hand)s and x.product_id = l.product_id and x.open_quantity > 0 and h.channel_id = l.channel_id
) o
where l.id = any(%(ids)s)
"""


def wanted(listing_ids: Sequence[int], *, basis: Basis) -> dict[int, int]:
    """What each listing should be told now, in units, by listing id."""
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, {"ids": list(listing_ids), "on_hand": basis is Basis.ON_HAND})
        return dict(cursor.fetchall())


def waiting_lines() -> QuerySet[ChannelOrderLine]:
    """Lines with units that were cancelled too late to come back by themselves, and that nobody has decided on."""
    return ChannelOrderLine.objects.filter(waiting_quantity__gt=0).exclude(
        Exists(
            EventKey.objects.filter(
                key__in=[
                    Concat(Value("order:"), Cast(OuterRef("item_id"), CharField()), Value(f":cancel_late:{kind}"))
                    for kind in ("released", "adjusted")
                ]
            )
        )
    )


@dataclass(slots=True)
class Overview:
    """A channel with its counts."""

    channel: Any
    listings: int
    due: int
    rejected: int
    drifted: int
    waiting: int
    problems: int


DRIFTED = Q(
    is_due=False,
    intent_key__isnull=True,
    there_quantity__isnull=False,
    wanted_quantity__isnull=False,
) & ~Q(there_quantity=F("wanted_quantity"))


def overview(*, viewer: User | None, pk: int | None = None) -> list[Overview]:
    """The channels that `viewer` may see with their counts, those in use first, in five queries."""
    channels = Channel.objects.visible_to(viewer).select_related("merchant")
    if pk is not None:
        channels = channels.filter(pk=pk)
    rows = list(channels.order_by("merchant__vendor_number", "-is_primary", "name"))
    rows.sort(key=lambda each: each.state == Channel.State.RETIRED)
    ids = [each.pk for each in rows]
    counts = {
        row["channel"]: row
        for row in ChannelListing.objects.filter(channel__in=ids)
        .values("channel")
        .annotate(
            listings=Count("pk"),
            due=Count("pk", filter=Q(is_due=True) | Q(intent_key__isnull=False)),
            rejected=Count("pk", filter=Q(state=ChannelListing.State.REJECTED)),
            drifted=Count("pk", filter=DRIFTED),
        )
    }
    changes = dict(
        ChannelChange.objects.filter(channel__in=ids, listing__is_due=False)
        .values_list("channel")
        .annotate(n=Count("listing_id", distinct=True))
    )
    waiting = dict(
        waiting_lines()
        .filter(channel_order__channel__in=ids)
        .values_list("channel_order__channel")
        .annotate(n=Count("channel_order_id", distinct=True))
    )
    problems = dict(
        ChannelOrder.objects.filter(channel__in=ids).exclude(problem="").values_list("channel").annotate(n=Count("pk"))
    )
    none = {"listings": 0, "due": 0, "rejected": 0, "drifted": 0}
    return [
        Overview(
            channel=each,
            listings=(found := counts.get(each.pk, none))["listings"],
            due=found["due"] + changes.get(each.pk, 0),
            rejected=found["rejected"],
            drifted=found["drifted"],
            waiting=waiting.get(each.pk, 0),
            problems=problems.get(each.pk, 0),
        )
        for each in rows
    ]


def busy_channels(*, now: datetime, poll_before: datetime) -> list[int]:
    """Active channels that something can be done for now: a change, something due, a message, or a poll."""
    listings = ChannelListing.objects.filter(channel=OuterRef("pk"))
    active = Channel.objects.active().filter(Q(blocked_until__isnull=True) | Q(blocked_until__lte=now))
    return list(
        active.filter(
            Exists(ChannelChange.objects.filter(channel=OuterRef("pk")))
            | Exists(listings.filter(is_due=True))
            | Exists(listings.filter(intent_key__isnull=False))
            | Exists(listings.filter(verify_at__lte=now))
            | Exists(ChannelWebhook.objects.filter(channel=OuterRef("pk"), handled_at__isnull=True))
            | Q(takes_orders=True) & (Q(orders_polled_at__isnull=True) | Q(orders_polled_at__lte=poll_before))
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )
