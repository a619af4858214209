"""The overview's card of lost and damaged."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from inventory_ops.models import User
from inventory_ops.pages.overview import Card, Panel
from inventory_ops.registries.permissions import ADMIN, FINANCE, MERCHANT, OPERATIONS
from lost_damaged.models import Claim, Side, WaitingUnit
from lost_damaged.queries import accounts, write_offs

DAYS = 30


def open_claims(user: User) -> QuerySet[Claim]:
    """Claims that wait for finance, for the menu."""
    return Claim.objects.visible_to(user).filter(waits_for=Side.SHOP)


def waiting_units(user: User) -> QuerySet[WaitingUnit]:
    """Units above a limit that wait for a second person, for the menu."""
    return WaitingUnit.objects.filter(state=WaitingUnit.State.WAITING)


def cards(user: User, now: datetime) -> list[Card]:
    """Units written off in the last 30 days, by day."""
    if not user.has_role(OPERATIONS, MERCHANT, FINANCE, ADMIN):
        return []
    turn = now - timedelta(days=DAYS)
    found = write_offs.units_by_day(viewer=user, after=now - timedelta(days=DAYS * 2), turn=turn)
    recent = sum(units.count for units in found if units.after_turn)
    by_day: Counter[date] = Counter()
    for units in found:
        by_day[units.day] += units.count
    series = [by_day[(now - timedelta(days=back)).date()] for back in range(DAYS - 1, -1, -1)]
    change = recent - (by_day.total() - recent)
    return [
        Card(
            title=_("Lost and damaged"),
            icon="file-dollar",
            url=reverse("write-offs", query={"window": "30d"}),
            count=markup.number(recent),
            meaning=_("Units written off in 30 days"),
            delta=change,
            delta_good=None if change == 0 else change < 0,
            spark=markup.sparkline(series, _("Units written off by day")),
        )
    ]


def account(user: User, now: datetime) -> list[Panel]:
    """A seller's balance, what is on its way, and the last payment."""
    if user.sees_all_merchants or not user.own_merchant_id:
        return []
    if not (found := accounts.accounts(merchant_id=user.own_merchant_id)):
        return []
    return [
        Panel(
            title=_("Your account"),
            template="lost_damaged/_account.html",
            data=found,
            url=reverse("statements"),
            url_label=_("All statements"),
        )
    ]
