"""Whom the shop may write to about a cart that was left, and what it may say to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import BooleanField, F, OuterRef, Q, Subquery
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import Order, OrderItem
from inventory_ops.models.orders import OrderStatus

# why nobody is written to about a cart, the first that holds
REASONS: Mapping[str, Any] = {
    "bought": _("Became an order"),
    "bought_later": _("Its customer bought the goods later"),
    "no_email": _("No e-mail known"),
    "refused": _("No consent to mails"),
    "unknown": _("Consent not known"),
    "repeated": _("Another cart of the same address is newer"),
}
HEADER = ("Customer Email", "Store Number", "Order Number", "Last Update", "Currency", "Order Total", "Promo Code",
          "Items", "Recovery Link")  # fmt: skip


def sort_out(ids: Iterable[int]) -> tuple[list[Order], dict[int, str]]:
    """The carts whose customers may be written to, and of the others why not (a key of REASONS), by id.

    Consent is what was last said for the address, by whichever cart or order. Each address is written to once.
    """
    said = Order.objects.annotate(address=Upper("customer_email")).filter(
        ~Q(customer_email=""), address=Upper(OuterRef("customer_email")), marketing_consent__isnull=False
    )
    newest = said.order_by("-last_activity_at", "-pk").values("marketing_consent")[:1]
    rows = Order.objects.filter(pk__in=list(ids)).select_related("store")
    found: Any = rows.annotate(consents=Subquery(newest, BooleanField())).order_by("-last_activity_at", "-pk")
    will: list[Order] = []
    left: dict[int, str] = {}
    written_to: set[str] = set()
    for cart in found:
        address = cart.customer_email.upper()
        if reason := _why_not(cart) or ("repeated" if address in written_to else ""):
            left[cart.pk] = reason
        else:
            written_to.add(address)
            will.append(cart)
    return will, left


def _why_not(cart: Any) -> str:
    if cart.status != OrderStatus.CART:
        return "bought"
    if cart.recovered_at is not None:
        return "bought_later"
    if not cart.customer_email:
        return "no_email"
    if cart.consents is None:
        return "unknown"
    return "" if cart.consents else "refused"


def in_words(left: Mapping[int, str]) -> str:
    """“3 × No consent to mails, 1 × No e-mail known”."""
    counts = Counter(left.values())
    return ", ".join(f"{counts[reason]} × {word}" for reason, word in REASONS.items() if counts[reason])


def letters(carts: Sequence[Order]) -> list[dict[str, Any]]:
    """What a mail tool gets to know of each cart."""
    items: dict[int, list[dict[str, Any]]] = {cart.pk: [] for cart in carts}
    lines = OrderItem.objects.filter(order__in=carts, status=OrderStatus.CART).order_by("order_id", "pk")
    for line in lines.values("order_id", "quantity", "unit_price", sku=F("product__sku"), name=F("product__name")):
        price = f"{line['unit_price']:f}"
        entry = {"sku": line["sku"], "name": line["name"], "quantity": line["quantity"], "unit_price": price}
        items[line["order_id"]].append(entry)
    return [
        {
            "order_id": cart.pk,
            "email": cart.customer_email,
            "store_number": cart.store.number if cart.store else None,
            "order_number": cart.number,
            "last_update": cart.last_activity_at.isoformat(),
            "currency": cart.currency,
            "total": f"{cart.total_amount:f}",
            "promo_code": cart.promo_code,
            "recovery_url": cart.recovery_url,
            "items": items[cart.pk],
        }
        for cart in carts
    ]
