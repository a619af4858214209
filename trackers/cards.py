"""What trackers add to the overview and the menu."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from inventory_ops.models import User
from inventory_ops.pages.overview import Panel
from trackers.mechanisms import MECHANISMS, values_of
from trackers.models import BELOW_TARGET, State, Tracker

SHOWN = 6


def below_target(user: User) -> QuerySet[Tracker]:
    """The trackers below target that a user may see."""
    rows: QuerySet[Tracker] = Tracker.objects.visible_to(user).filter(is_enabled=True, state__in=BELOW_TARGET)
    return rows


def panels(user: User, now: datetime) -> list[Panel]:
    """The worst trackers."""
    if not user.has_role("operations", "merchant", "admin"):
        return []
    worst = below_target(user).select_related("product").order_by("severity", "id")[:SHOWN]
    rows: list[dict[str, Any]] = [
        {
            "tracker": tracker,
            "mechanism": MECHANISMS[tracker.mechanism].label,
            "bar": markup.health_bar(Decimal(tracker.health) / 10_000, tracker.state),
            "runs_out": _runs_out(tracker),
        }
        for tracker in worst
    ]
    return [Panel(_("Watched trackers"), "trackers/_panel.html", rows, reverse("tracker-new"), _("New tracker"))]


def _runs_out(tracker: Tracker) -> str:
    if short := MECHANISMS[tracker.mechanism].text_short:
        return str(short) % (values_of(tracker) | {"n": tracker.value})
    if tracker.state == State.STOCK_OUT or not tracker.value or tracker.value <= 0:
        return _("out of stock")
    if tracker.sold and tracker.actual_days:
        days = Decimal(tracker.value) * tracker.actual_days / tracker.sold
        return _("%(days)s days") % {"days": f"{days:.1f}"}
    return ""
