"""What channels add to the overview."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from inventory_ops.dashboard import Card
from inventory_ops.models import Channel, User
from inventory_ops.permissions import ADMIN, OPERATIONS


def failing(user: User, now: datetime) -> list[Card]:
    """Channels in use that are paused or fail."""
    if not user.has_role(OPERATIONS, ADMIN):
        return []
    count = Channel.objects.filter(Q(is_paused=True) | ~Q(last_error=""), state=Channel.State.SYNCED).count()
    return [
        Card(
            title=_("Channels"),
            icon="building-store",
            url="/channels/",
            count=f"{count:,}",
            meaning=_("Paused or failing"),
        )
    ]
