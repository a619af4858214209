"""The page of one order; of a cart that was left also what its goods cost now, who was contacted, and its groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.carts import ContactForm
from inventory_ops.models import CartContact, Finding, Order, OrderItem, Product, User
from inventory_ops.models.orders import OrderStatus
from inventory_ops.operations.carts import REPORT
from inventory_ops.pages import order_timeline
from inventory_ops.queries import costs
from inventory_ops.registries import order_marks
from inventory_ops.registries.order_marks import Mark
from inventory_ops.registries.permissions import ADMIN, OPERATIONS

CONSENT = {True: gettext_lazy("Yes"), False: gettext_lazy("No"), None: gettext_lazy("Not known")}


@dataclass(frozen=True, slots=True)
class Line:
    """An item of the order; of a cart's, the price in force now and what changed since."""

    item: OrderItem
    marks: Sequence[Mark]
    price_now: Decimal | None = None

    @property
    def change(self) -> Decimal | None:
        if self.price_now is None or self.price_now == self.item.unit_price:
            return None
        return self.price_now - self.item.unit_price


def context(order: Order, *, viewer: User, now: datetime) -> dict[str, Any]:
    """What the template draws. A merchant sees its own lines, no address, and no reason why a card failed."""
    rows = OrderItem.objects.visible_to(viewer).filter(order=order).select_related("product", "merchant")
    items = list(rows.order_by("pk"))
    marks = order_marks.marks(order, items)
    masked = not viewer.sees_all_merchants
    is_cart = order.status == OrderStatus.CART
    prices = _prices_now(items, now) if is_cart else {}
    return {
        "order": order,
        "is_cart": is_cart,
        "email": mask(order.customer_email) if masked else order.customer_email,
        "lines": [Line(item, marks.get(item.pk, []), prices.get(item.product_id)) for item in items],
        "total": sum(item.quantity * item.unit_price for item in items) if masked else order.total_amount,
        "attempts": order.payment_attempts.order_by("-attempted_at") if not masked else [],
        "timeline": order_timeline.of(order, items, viewer=viewer, now=now),
        "shop_id_label": _("%(shop)s-Id") % {"shop": order.store or _("Shop")},
        **(_cart(order, items, viewer) if is_cart or order.recovered_at else {}),
    }


def _prices_now(items: Sequence[OrderItem], now: datetime) -> dict[int, Decimal]:
    found = Product.objects.filter(pk__in={item.product_id for item in items})
    prices = found.annotate(price_now=costs.price_in_force(now)).values_list("pk", "price_now")
    return {pk: price for pk, price in prices if price is not None}


def _cart(order: Order, items: Sequence[OrderItem], viewer: User) -> dict[str, Any]:
    staff = viewer.sees_all_merchants
    instead = Order.objects.visible_to(viewer).select_related("store").filter(pk=order.recovered_by_id or 0).first()
    contacts = CartContact.objects.filter(order=order).select_related("by").order_by("-at", "-pk")
    finding = Finding.objects.filter(report=REPORT, key=str(order.pk)).first()
    return {
        "contacts": [(each, each.by if staff else "", each.note if staff else "") for each in contacts],
        "bought_instead": instead,
        "finding_url": reverse("finding", args=[REPORT, finding.key]) if finding else "",
        "consent": CONSENT[order.marketing_consent],
        "recovery_url": order.recovery_url if viewer.has_role(OPERATIONS, ADMIN) else "",
        "groups": list(_groups(order, items, viewer)),
        "contact_form": ContactForm(auto_id="contact_%s")
        if order.status == OrderStatus.CART and viewer.has_role(OPERATIONS, ADMIN)
        else None,
    }


def _groups(order: Order, items: Sequence[OrderItem], viewer: User) -> list[tuple[str, str, str]]:
    """What the cart shares with others: kind, name and address of each group."""
    found = [
        (_("Product"), item.product.sku, reverse("abandoned-by-product", query={"product": item.product_id}))
        for item in items[:5]
    ]
    for merchant in {item.merchant_id: item.merchant for item in items}.values():
        number = merchant.vendor_number
        found.append((_("Vendor"), merchant.name, reverse("abandoned-by-vendor", query={"vendor": number})))
    if order.promo_code:
        query = {"promo": order.promo_code}
        found.append((_("Promo code"), order.promo_code, reverse("abandoned-by-promo", query=query)))
    failed = order.payment_attempts.filter(succeeded=False).order_by("-attempted_at", "-pk").first()
    if failed is not None and failed.code and viewer.sees_all_merchants:
        found.append((_("Card error"), str(failed), reverse("abandoned-by-card-error", query={"code": failed.code})))
    return found


def mask(email: str) -> str:
    """First character and domain of an address."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}***{at}{domain}" if email else ""
