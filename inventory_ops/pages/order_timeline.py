"""What happened to an order, as a line of time: its own moments, those of its items and their stock, payments, contacts
and findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import markup, showing
from inventory_ops.kit.reports import registry
from inventory_ops.models import CartContact, Finding, InventoryEvent, Order, OrderItem, PaymentAttempt, User
from inventory_ops.models.ledger import EventKind
from inventory_ops.models.orders import OrderStatus

MOST = 100
STOCK = (EventKind.ALLOCATED, EventKind.RELEASED, EventKind.WRITTEN_OFF)
ICONS = {
    "allocated": "package",
    "released": "package-off",
    "written_off": "alert-circle",
    "created": "shopping-cart",
    "placed": "circle-check",
    "shipped": "truck",
    "returned": "arrow-back-up",
    "closed": "checklist",
    "failed": "alert-circle",
    "paid": "circle-check",
    "contacted": "mail",
    "recovered": "refresh",
    "finding": "flag",
    "resolved": "circle-check",
    "late": "clock",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened."""

    at: datetime
    kind: str
    title: str
    text: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.kind]

    @property
    def when(self) -> str:
        return showing.moment(self.at)


def of(order: Order, items: Sequence[OrderItem], *, viewer: User, now: datetime) -> list[Moment]:
    """The earliest first. `items` are those that the viewer may see; sellers see no payments and no contacts."""
    found = [*_of_order(order), *_of_items(items, now), *_of_stock(items), *_of_findings(order, items, viewer)]
    if viewer.sees_all_merchants:
        found += [*_of_payments(order), *_of_contacts(order)]
    return sorted(found, key=lambda moment: moment.at)[:MOST]


def _of_order(order: Order) -> Iterator[Moment]:
    yield Moment(order.created_at, "created", _("Cart begun") if order.status == OrderStatus.CART else _("Created"))
    if order.left_at:
        yield Moment(order.left_at, "late", _("Left as a cart"))
    if order.placed_at:
        yield Moment(order.placed_at, "placed", _("Placed"))
    if order.recovered_at:
        yield Moment(order.recovered_at, "recovered", _("Recovered"))
    if order.closed_at:
        yield Moment(order.closed_at, "closed", _("Closed"))
    elif order.status == OrderStatus.CART:
        yield Moment(order.last_activity_at, "late", _("Last activity of the customer"))


def _of_items(items: Sequence[OrderItem], now: datetime) -> Iterator[Moment]:
    for item in items:
        sku = item.product.sku
        if item.shipped_at:
            units = ngettext("%(n)s unit shipped", "%(n)s units shipped", item.quantity_shipped)
            yield Moment(item.shipped_at, "shipped", units % {"n": markup.number(item.quantity_shipped)}, sku)
        if item.returned_at:
            units = ngettext("%(n)s unit returned", "%(n)s units returned", item.returned_quantity)
            yield Moment(item.returned_at, "returned", units % {"n": markup.number(item.returned_quantity)}, sku)
        if item.issue_at:
            yield Moment(item.issue_at, "finding", _("Cost above the price"), sku)
        left = item.quantity - item.quantity_shipped - item.cancelled_quantity
        if item.ship_by and item.ship_by < now and left > 0 and item.status != OrderStatus.CART:
            units = ngettext("%(n)s unit not shipped in time", "%(n)s units not shipped in time", left)
            yield Moment(item.ship_by, "late", units % {"n": markup.number(left)}, sku)


def _of_stock(items: Sequence[OrderItem]) -> Iterator[Moment]:
    """Units kept for the order, let go, or lost; what was shipped and came back, the items say themselves."""
    names = {item.pk: item.product.sku for item in items}
    events = InventoryEvent.objects.filter(order_item_id__in=names, kind__in=STOCK)
    for event in events.order_by("-recorded_at", "-id")[:MOST]:
        units = markup.number(abs(event.quantity))
        title = _("%(what)s: %(units)s") % {"what": event.get_kind_display(), "units": units}
        yield Moment(event.occurred_at, event.kind, title, names[event.order_item_id or 0])


def _of_payments(order: Order) -> Iterator[Moment]:
    for attempt in PaymentAttempt.objects.filter(order=order).order_by("-attempted_at")[:MOST]:
        kind, title = ("paid", _("Paid")) if attempt.succeeded else ("failed", _("Payment failed"))
        yield Moment(attempt.attempted_at, kind, title, "" if attempt.succeeded else str(attempt))


def _of_contacts(order: Order) -> Iterator[Moment]:
    for contact in CartContact.objects.filter(order=order).order_by("-at")[:MOST]:
        yield Moment(contact.at, "contacted", _("Customer contacted"))


def _of_findings(order: Order, items: Sequence[OrderItem], viewer: User) -> Iterator[Moment]:
    """Findings about the order or its items: the latest opening, and the end."""
    about: dict[str, list[str]] = {"order": [], "item": []}
    for report in registry:
        subject = getattr(report, "about", "")
        if subject in about and report.scan and report.allows(viewer):
            about[subject].append(report.slug)
    rows = Q(report__in=about["order"], row_id=order.pk)
    rows |= Q(report__in=about["item"], row_id__in=[item.pk for item in items])
    for found in Finding.objects.visible_to(viewer).filter(rows).order_by("-opened_at")[:MOST]:
        report = registry.get(found.report)
        name = str(report.short_title or report.title)
        yield Moment(found.opened_at, "finding", _("Finding opened: %(report)s") % {"report": name}, found.label)
        if found.resolved_at:
            title = _("Finding resolved: %(report)s") % {"report": name}
            yield Moment(found.resolved_at, "resolved", title, found.label)
