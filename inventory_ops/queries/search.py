"""Search over everything a viewer may see: products, orders, vendors, users."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, Upper
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.models import Merchant, Order, Product, User

HITS = 6
ALIKE = 5  # offered where nothing matches
SHORTEST = 2
SHORTEST_FRAGMENT = 3  # below three characters a trigram index cannot help: prefixes only


@dataclass(frozen=True, slots=True)
class Hit:
    """`is_post`: the address is posted to, and does something."""

    label: str
    sub: str
    url: str
    icon: str
    is_post: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: list[Hit]


def escape_like(text: str) -> str:
    """Text for LIKE in which % and _ mean themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def products(*, text: str, viewer: User | None, merchant_id: int | None = None) -> Any:
    """Products that match a text (see `of_products`), ordered by SKU."""
    rows = Product.objects.visible_to(viewer).select_related("merchant")
    if merchant_id is not None:
        rows = rows.filter(merchant_id=merchant_id)
    return of_products(rows, text).order_by("sku", "pk")


def of_products(rows: QuerySet[Any], text: str, *, product: str = "") -> QuerySet[Any]:
    """`rows` of products whose SKU starts with the text or, from three characters on, whose SKU, name and vendor's
    SKU hold all its words. `product` is the path from a row to its product, '' for products themselves.

    Each form is served by an index at any number of products. Said of the columns, not as a list of keys: so the
    planner knows how many match, and reads few of them by that index, and many in the order of the list.
    """
    path, upper = f"{product}__" if product else "", text.upper()
    if len(text) < SHORTEST_FRAGMENT:
        return rows.alias(upper_sku=Upper(f"{path}sku")).filter(upper_sku__startswith=upper)
    texts = Concat(f"{path}sku", Value(" "), f"{path}name", Value(" "), f"{path}vendor_sku")
    rows = rows.alias(haystack=Upper(texts))
    for word in upper.split():
        rows = rows.filter(haystack__contains=word)
    return rows


def why_none(*, text: str, viewer: User, merchant: Merchant) -> tuple[str, list[Product]]:
    """Why a merchant has no product that matches a text, and its products that are called alike, best first."""
    upper = text.upper()
    haystack = Upper(Concat("sku", Value(" "), "name", Value(" "), "vendor_sku"))
    own = Product.objects.visible_to(viewer).filter(merchant=merchant)
    similar = own.alias(haystack=haystack).filter(haystack__trigram_word_similar=upper)
    alike = list(similar.order_by(TrigramWordSimilarity(upper, haystack).desc(), "sku")[:ALIKE])
    # of another merchant only who sees all of them may know
    others = products(text=text, viewer=viewer).exclude(merchant=merchant)[:1] if viewer.sees_all_merchants else []
    for other in others:
        note = _("%(sku)s belongs to %(other)s, not to %(merchant)s.")
        return note % {"sku": other.sku, "other": other.merchant, "merchant": merchant}, alike
    if not own.exists():
        return _("%(merchant)s has no products yet.") % {"merchant": merchant}, alike
    note = (
        _("No product is called “%(text)s”. Similar:") if alike else _("No product has “%(text)s” in its SKU or name.")
    )
    return note % {"text": text}, alike


type Finder = Callable[[str, User], Group]
_finders: list[Finder] = []


def add_finder(finder: Finder) -> None:
    """Let another app add hits of its own. Called from AppConfig.ready()."""
    _finders.append(finder)


def everything(*, text: str, viewer: User) -> list[Group]:
    """Groups of hits for the palette, the best few of each kind."""
    text = unicodedata.normalize("NFC", text)
    if len(text) < SHORTEST:
        return []
    groups = [_products(text, viewer), _orders(text, viewer), _vendors(text, viewer), _users(text, viewer)]
    groups += [finder(text, viewer) for finder in _finders]
    return [group for group in groups if group.items]


def _products(text: str, viewer: User) -> Group:
    hits = [
        Hit(product.sku, f"{product.name} · {product.merchant.name}", reverse("product", args=[product.pk]), "box")
        for product in products(text=text, viewer=viewer)[:HITS]
    ]
    return Group(_("Products"), hits)


def _orders(text: str, viewer: User) -> Group:
    found = Order.objects.visible_to(viewer).filter(number__startswith=text)
    rows = found.select_related("store").order_by("number", "id")[:HITS]
    return Group(
        _("Orders"),
        [
            Hit(
                row.number,
                " · ".join(filter(None, (str(row.store or ""), str(row.get_status_display())))),
                row.get_absolute_url(),
                "receipt",
            )
            for row in rows
        ],
    )


def merchants(*, text: str, viewer: User) -> QuerySet[Merchant]:
    """Those that `viewer` may see whose vendor number begins with the text, or whose name has it; by name."""
    found = Merchant.objects.visible_to(viewer)
    return found.filter(Q(vendor_number__istartswith=text) | Q(name__icontains=text)).order_by("name", "pk")


def _vendors(text: str, viewer: User) -> Group:
    return Group(
        _("Vendors"),
        [
            Hit(
                row.name,
                row.vendor_number,
                reverse("stock-inquiry", query={"vendor": row.vendor_number}),
                "building-store",
            )
            for row in merchants(text=text, viewer=viewer)[:HITS]
        ],
    )


def _users(text: str, viewer: User) -> Group:
    if not viewer.has_role("admin"):
        return Group(_("Users"), [])
    rows = User.objects.filter(Q(email__istartswith=text) | Q(name__icontains=text)).order_by("email")[:HITS]
    return Group(
        _("Users"),
        [Hit(row.email, row.name, reverse("user-audit", query={"q": row.email}), "user") for row in rows],
    )
