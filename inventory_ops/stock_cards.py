"""What stock adds to the overview."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from inventory_ops.dashboard import Card
from inventory_ops.models import User
from inventory_ops.permissions import EVERYBODY
from inventory_ops.queries import ledger


def oversold(user: User, now: datetime) -> list[Card]:
    """Products and types with less than nothing on hand."""
    if not user.has_role(*EVERYBODY):
        return []
    count = ledger.stock_by_type(viewer=user).filter(on_hand__lt=0).count()
    return [
        Card(
            title=_("Oversold"),
            icon="building-warehouse",
            url="/inventory/?oversold=yes",
            count=f"{count:,}",
            meaning=_("On hand below zero"),
        )
    ]
