"""The overview's card of lost and damaged."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from inventory_ops.dashboard import Card
from inventory_ops.models import User
from inventory_ops.templatetags import ui
from lost_damaged.models import Claim, WriteOff

DAYS = 30


def open_claims(user: User) -> QuerySet[Claim]:
    """Claims that wait for finance, for the menu."""
    return Claim.objects.visible_to(user).filter(state=Claim.State.OPEN)


def cards(user: User, now: datetime) -> list[Card]:
    """Units written off in the last 30 days, by day."""
    if not user.has_role("operations", "merchant", "finance", "admin"):
        return []
    rows = WriteOff.objects.visible_to(user).filter(created_at__gt=now - timedelta(days=DAYS * 2))
    counts = rows.aggregate(
        recent=Count("pk", filter=Q(created_at__gt=now - timedelta(days=DAYS))),
        before=Count("pk", filter=Q(created_at__lte=now - timedelta(days=DAYS))),
    )
    by_day = dict(
        rows.annotate(day=TruncDate("created_at"))
        .values_list("day")
        .annotate(units=Count("pk"))
        .values_list("day", "units")
    )
    series = [by_day.get((now - timedelta(days=back)).date(), 0) for back in range(DAYS - 1, -1, -1)]
    change = counts["recent"] - counts["before"]
    return [
        Card(
            title=_("Lost and damaged"),
            icon="file-dollar",
            url="/finance/write-offs/?window=30d",
            count=f"{counts['recent']:,}",
            meaning=_("Units written off in 30 days"),
            delta=change,
            delta_good=None if change == 0 else change < 0,
            spark=ui.sparkline(series, _("Units written off by day")),
        )
    ]
