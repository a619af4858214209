"""Search over everything a viewer may see: products, orders, vendors, users."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, StrIndex, Upper
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.models import Merchant, Order, Product, User
from inventory_ops.queries import rare_parts

HITS = 6
ALIKE = 5  # offered where nothing matches
SHORTEST = 2
SHORTEST_FRAGMENT = 3  # below three characters a trigram index cannot help: prefixes only
LOOKED_AT = 2_000  # products by SKU, for a text without rare parts: enough for one that one in 300 has


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
    """Products that match a text (see `of_products`), ordered by SKU: all of them, for lists. A few are `choices`."""
    return of_products(_seen(viewer, merchant_id), text).order_by("sku", "pk")


def choices(*, text: str, viewer: User | None, most: int, merchant_id: int | None = None) -> list[Product]:
    """Up to `most` of `products` to choose from while somebody types, at a cost that hardly grows with the catalogue.

    They are the first by SKU, with one exception: where every part of the text is common and the text itself is not
    (zeros in numbered SKUs), the first `LOOKED_AT` products by SKU are looked at. If those do not give enough, the
    first that the index of letters comes to are taken, which are any, in the order of SKU. Where no more than `most`
    match, they are all there in either case.
    """
    seen, words = _seen(viewer, merchant_id), text.upper().split()
    if len(text) < SHORTEST_FRAGMENT or not words:
        return list(of_products(seen, text).order_by("sku", "pk")[:most])
    if parts := rare_parts.of(words):
        # compared by position, not by LIKE, which the index would be asked for, too
        rows = seen.alias(haystack=haystack()).filter(*(GreaterThan(StrIndex(haystack(), Value(w)), 0) for w in words))
        for part in parts:
            rows = rows.filter(haystack__contains=part)
        # no index has this order: the planner cannot tell how few hold all words, and would read one in vain
        return list(rows.order_by(Coalesce("sku", Value("")), "pk")[:most])
    first = _among_the_first(seen, words, most)
    if len(first) == most:
        found = seen.in_bulk(first)
        return [found[pk] for pk in first]
    return sorted(of_products(seen, text).order_by()[:most], key=lambda product: (product.sku, product.pk))


def _among_the_first(seen: QuerySet[Product], words: list[str], most: int) -> list[int]:
    """The keys of up to `most` products that hold all words, of the first by SKU."""
    first = seen.select_related(None).annotate(haystack=haystack()).order_by("sku", "pk")
    sql, params = sql_of(first.values_list("pk", "sku", "haystack")[:LOOKED_AT])
    holds = " and ".join(["strpos(haystack, %s) > 0"] * len(words))
    with connection.cursor() as cursor:
        cursor.execute(
            f"select id from ({sql}) first (id, sku, haystack) where {holds} order by sku, id limit %s",
            [*params, *words, most],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _seen(viewer: User | None, merchant_id: int | None) -> QuerySet[Product]:
    rows = Product.objects.visible_to(viewer).select_related("merchant")
    return rows if merchant_id is None else rows.filter(merchant_id=merchant_id)


def haystack(path: str = "") -> Upper:
    """What a text is looked for in, as the index of letters has it; `path` leads from a row to its product."""
    return Upper(Concat(f"{path}sku", Value(" "), f"{path}name", Value(" "), f"{path}vendor_sku"))


def of_products(rows: QuerySet[Any], text: str, *, product: str = "") -> QuerySet[Any]:
    """`rows` of products whose SKU starts with the text or, from three characters on, whose SKU, name and vendor's
    SKU hold all its words. `product` is the path from a row to its product, '' for products themselves.

    Each form is served by an index at any number of products. Said of the columns, not as a list of keys: so the
    planner knows how many match, and reads few of them by that index, and many in the order of the list.
    """
    path, upper = f"{product}__" if product else "", text.upper()
    if len(text) < SHORTEST_FRAGMENT:
        return rows.alias(upper_sku=Upper(f"{path}sku")).filter(upper_sku__startswith=upper)
    rows = rows.alias(haystack=haystack(path))
    for word in upper.split():
        rows = rows.filter(haystack__contains=word)
    return rows


def why_none(*, text: str, viewer: User, merchant: Merchant) -> tuple[str, list[Product]]:
    """Why a merchant has no product that matches a text, and its products that are called alike, best first."""
    upper = text.upper()
    own = Product.objects.visible_to(viewer).filter(merchant=merchant)
    similar = own.alias(haystack=haystack()).filter(haystack__trigram_word_similar=upper)
    alike = list(similar.order_by(TrigramWordSimilarity(upper, haystack()).desc(), "sku")[:ALIKE])
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
        for product in choices(text=text, viewer=viewer, most=HITS)
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
