"""Reads for the page of one channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from inventory_ops.models import Channel, ChannelListing, ChannelOrder, ChannelOrderLine
from inventory_ops.queries.channels import FAILURES_THAT_OPEN, Overview, waiting_lines

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel is doing: the tone of a badge, a word, and a sentence."""

    tone: str
    word: str
    text: str


def health(row: Overview, *, now: datetime) -> Health:
    """The worst thing that is true of the channel."""
    channel = row.channel
    if channel.state == Channel.State.RETIRED:
        return Health("neutral", _("Retired"), _("Nothing is sent or read any more."))
    if channel.state == Channel.State.IMPORTING:
        return Health("brand", _("Importing"), _("Its catalogue has to be read and applied first."))
    if channel.is_paused:
        return Health("warning", _("Paused"), channel.pause_reason)
    if channel.failures >= FAILURES_THAT_OPEN:
        return Health("critical", _("Not reachable"), channel.last_error)
    if channel.last_error:
        return Health("warning", _("Failing"), channel.last_error)
    if channel.carts_error:
        return Health("warning", _("Carts not read"), channel.carts_error)
    if row.rejected:
        return Health("warning", _("Rejecting"), _("It does not take some quantities."))
    if row.due:
        return Health("good", _("Sending"), _("Changes are on their way."))
    return Health("good", _("In sync"), _("It has every quantity."))


def waiting(channel: Channel) -> QuerySet[ChannelOrderLine]:
    """Late cancellations and returns of a channel that people have to decide on, oldest first."""
    rows = waiting_lines().filter(channel_order__channel=channel, item__isnull=False)
    return rows.select_related("channel_order__order", "product").order_by("channel_order_id", "pk")[:50]


def problems(channel: Channel) -> QuerySet[ChannelOrder]:
    return ChannelOrder.objects.filter(channel=channel).exclude(problem="").order_by("-seen_at")[:SHOWN]


def latest_orders(channel: Channel) -> QuerySet[ChannelOrder]:
    rows = ChannelOrder.objects.filter(channel=channel, order__isnull=False, is_cart=False).select_related("order")
    return rows.order_by("-placed_at")[:SHOWN]


def latest_carts(channel: Channel) -> QuerySet[ChannelOrder]:
    """Carts with something of ours in them, those left last first."""
    rows = ChannelOrder.objects.filter(channel=channel, is_cart=True, order__isnull=False).select_related("order")
    return rows.order_by("-updated_at", "-pk")[:SHOWN]


def rejected(channel: Channel) -> QuerySet[ChannelListing]:
    """Listings with an error, newest first."""
    rows = ChannelListing.objects.filter(channel=channel).exclude(error="").select_related("product")
    return rows.order_by("-due_at")[:SHOWN]
