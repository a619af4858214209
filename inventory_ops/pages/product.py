"""The page of one product: what waits about it, its stock, prices, channels and orders, and what can be done here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit.registry import PAGES, Registry
from inventory_ops.kit.reports import registry
from inventory_ops.models import ChannelListing, Finding, OrderItem, PriceChange, Product, StockBalance, User
from inventory_ops.operations import price_undo
from inventory_ops.pages import price_chart
from inventory_ops.pages.overview import Panel
from inventory_ops.queries import findings, marks, price_guard
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
from inventory_ops.reports.workflow import STATE_TONES

LATEST = 10  # orders, flash sales and changes of prices
LISTINGS = 50


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding with the report that it stands in, and its state as a badge."""

    finding: Finding
    report: Any
    url: str
    tone: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change of prices, whether it was undone, and whether it can be."""

    change: PriceChange
    undone: bool
    may_undo: bool


type PanelMaker = Callable[[Product, User], list[Panel]]
_panels: Registry[PanelMaker] = Registry("source of panels about a product", later=PAGES)


def add_panels(name: str, maker: PanelMaker) -> None:
    """Let another app show what it knows of a product. Called by what `AppConfig.ready()` names."""
    _panels.add(name, maker)


def context(product: Product, *, viewer: User, now: datetime) -> dict[str, Any]:
    """What the template draws; `product` comes with its prices of `now`."""
    staff = viewer.has_role(OPERATIONS, ADMIN)
    return {
        "product": product,
        "findings": [_line(finding) for finding in findings.of_product(product, viewer=viewer)],
        "balances": StockBalance.objects.filter(product=product)
        .select_related("inventory_type", "location")
        .order_by("inventory_type__name", "location__code", "expires_on"),
        "listings": ChannelListing.objects.filter(product=product)
        .select_related("channel")
        .order_by("channel__name", "pk")[:LISTINGS],
        "panels": [panel for maker in _panels for panel in maker(product, viewer)],
        "sales": product.flash_sales.order_by("-starts_at")[:LATEST],
        "mark": marks.mark_of(product.pk, on=timezone.localdate()),
        "changes": _changes(product, may_undo=staff),
        "items": OrderItem.objects.filter(product=product)
        .select_related("order__store")
        .order_by("-ordered_at")[:LATEST],
        "prices": price_chart.of(product, now=now),
        "links": _links(product, viewer),
        "guard": price_guard.mode_of(merchant_id=product.merchant_id).label if viewer.sees_all_merchants else "",
        "may_change_prices": staff,
        "may_set_live": staff,
        "may_mark": staff,
        "may_plan_sales": staff,
        "now": now,
    }


def _changes(product: Product, *, may_undo: bool) -> list[ChangeLine]:
    """The latest changes of prices; one can be undone while the product is priced as it left it."""
    found = product.price_changes.select_related("undone_by").order_by("-at", "-pk")[:LATEST]
    lines: list[ChangeLine] = []
    for change in found:
        change.product = product
        undone = hasattr(change, "undone_by")
        possible = may_undo and not price_undo.why_not_undone(change, undone=undone)
        lines.append(ChangeLine(change, undone, possible and not any(line.may_undo for line in lines)))
    return lines


def _line(finding: Finding) -> FindingLine:
    report = registry.get(finding.report)
    url = reverse("finding", args=[finding.report, finding.key])
    return FindingLine(finding, report, url, STATE_TONES[finding.state])


def _links(product: Product, viewer: User) -> list[tuple[str, str, str]]:
    """Icon, label and address of where more is said or done about the product."""
    links = [("list", _("Stock and ledger"), reverse("stock-product", args=[product.pk]))]
    if viewer.has_role(OPERATIONS, ADMIN):
        links.append(("pencil", _("Adjust stock"), reverse("stock-adjust", query={"product": product.pk})))
    if viewer.has_role(OPERATIONS, MERCHANT, ADMIN):
        links.append(("truck-off", _("Not shipped"), reverse("unshipped-orders", query={"product": product.pk})))
    return links
