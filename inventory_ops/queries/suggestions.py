"""What filters offer while somebody types: of what the viewer may see, the closest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db.models.functions import Upper

from inventory_ops.models import Product, User
from inventory_ops.queries import search

MOST = 10
LEAST_LETTERS = 3  # of a brand: the index of its letters knows threes
MOST_PRODUCTS = 2_000  # looked at for their brands

type Suggestion = tuple[str, str]  # what is put into the field, and what is said beside it


def vendors(text: str, *, viewer: User) -> list[Suggestion]:
    """Vendor numbers that begin with the text, or whose name has it."""
    return list(search.merchants(text=text, viewer=viewer).values_list("vendor_number", "name")[:MOST])


def brands(text: str, *, viewer: User) -> list[Suggestion]:
    """Brands that have the text in them."""
    if len(text) < LEAST_LETTERS:
        return []
    of_brand = Product.objects.visible_to(viewer).annotate(letters=Upper("brand_name"))
    some = of_brand.filter(letters__contains=text.upper()).order_by().values("brand_name")[:MOST_PRODUCTS]
    names = {row["brand_name"] for row in some}
    begins = text.upper()
    return [(name, "") for name in sorted(names, key=lambda name: (not name.upper().startswith(begins), name))[:MOST]]


KINDS: Mapping[str, Callable[..., list[Suggestion]]] = {"vendor": vendors, "brand": brands}
