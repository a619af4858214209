"""What trackers add to the overview and the menu."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from inventory_ops.models import Product, User
from inventory_ops.pages.overview import Panel
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
from trackers import losses
from trackers.mechanisms import MECHANISMS, values_of
from trackers.models import BELOW_TARGET, State, Tracker

SHOWN, SHOWN_DEAD = 6, 4


def below_target(user: User) -> QuerySet[Tracker]:
    """The trackers below target that a user may see."""
    rows: QuerySet[Tracker] = Tracker.objects.visible_to(user).filter(is_enabled=True, state__in=BELOW_TARGET)
    return rows


def panels(user: User, now: datetime) -> list[Panel]:
    """The trackers that lose most sales a day, and apart from them what does not sell at all."""
    if not user.has_role(OPERATIONS, MERCHANT, ADMIN):
        return []
    below = below_target(user)
    losing = [_row(each) for each in losses.ranked(below, as_of=now, most=SHOWN)]
    dead = [_row(losses.Losing(tracker)) for tracker in losses.dead(below)[:SHOWN_DEAD]]
    found = [Panel(_("Watched trackers"), "trackers/_panel.html", losing, reverse("tracker-new"), _("New tracker"))]
    if dead:
        stalled = reverse("trackers", query={"mechanism": "stalled_days"})
        found.append(Panel(_("Dead stock"), "trackers/_dead.html", dead, stalled, _("All of it")))
    return found


def of_product(product: Product, viewer: User) -> list[Panel]:
    """All trackers of a product."""
    if not viewer.has_role(OPERATIONS, MERCHANT, ADMIN):
        return []
    rows = Tracker.objects.visible_to(viewer).filter(product=product).select_related("product", "inventory_type")
    shown = [
        {"tracker": tracker, "bar": markup.health_bar(_ratio(tracker), tracker.state)}
        for tracker in rows.order_by("severity", "pk")
    ]
    new = reverse("tracker-new", query={"product": product.pk})
    return [Panel(_("Trackers"), "trackers/_of_product.html", shown, new, _("New tracker"))]


def _ratio(tracker: Tracker) -> Decimal | None:
    """Health as a ratio; None where it says nothing."""
    return None if tracker.state in (State.NO_SALES, State.NO_DATA) else Decimal(tracker.health) / 10_000


def _row(found: losses.Losing) -> dict[str, Any]:
    tracker, currency = found.tracker, found.tracker.merchant.currency
    return {
        "tracker": tracker,
        "mechanism": MECHANISMS[tracker.mechanism].label,
        "bar": markup.health_bar(Decimal(tracker.health) / 10_000, tracker.state),
        "runs_out": _runs_out(tracker),
        "lost": f"{found.units:.1f}" if found.units else "",
        "amount": f"{currency} {markup.money(found.amount, currency)}" if found.amount else "",
    }


def _runs_out(tracker: Tracker) -> str:
    if short := MECHANISMS[tracker.mechanism].text_short:
        return str(short) % (values_of(tracker) | {"n": tracker.value})
    if tracker.state == State.STOCK_OUT or not tracker.value or tracker.value <= 0:
        return _("out of stock")
    if tracker.sold and tracker.actual_days:
        days = Decimal(tracker.value) * tracker.actual_days / tracker.sold
        return _("%(days)s days") % {"days": f"{days:.1f}"}
    return ""
