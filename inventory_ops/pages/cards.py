"""What stock and channels add to the overview."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from inventory_ops.models import Channel, User
from inventory_ops.pages.overview import Card
from inventory_ops.queries import ledger
from inventory_ops.registries.permissions import ADMIN, EVERYBODY, OPERATIONS


def oversold(user: User, now: datetime) -> list[Card]:
    """Products and types with less than nothing on hand."""
    if not user.has_role(*EVERYBODY):
        return []
    count = ledger.stock_by_type(viewer=user).filter(on_hand__lt=0).count()
    return [
        Card(
            title=_("Oversold"),
            icon="building-warehouse",
            url=reverse("stock-inquiry", query={"oversold": "yes"}),
            count=markup.number(count),
            meaning=_("On hand below zero"),
        )
    ]


def failing_channels(user: User, now: datetime) -> list[Card]:
    """Channels in use that are paused or fail."""
    if not user.has_role(OPERATIONS, ADMIN):
        return []
    count = Channel.objects.filter(Q(is_paused=True) | ~Q(last_error=""), state=Channel.State.SYNCED).count()
    return [
        Card(
            title=_("Channels"),
            icon="building-store",
            url=reverse("channels"),
            count=markup.number(count),
            meaning=_("Paused or failing"),
        )
    ]
