"""What filters offer while somebody types: of what the viewer may see, the closest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import connection
from django.db.models.functions import Upper

from inventory_ops.models import Product, User
from inventory_ops.queries import search

MOST = 10
LEAST_LETTERS = 3  # of a brand: the index of its letters knows threes
MOST_PRODUCTS = 2_000  # looked at for their brands
MOST_BRANDS = 1_000  # looked at by their names
# from one name to the next in their index: as many steps as there are brands, however many products those have
NAMES = """
with recursive names as (
    (select brand_name as name from inventory_ops_product order by 1 limit 1)
    union all
    select (select p.brand_name from inventory_ops_product p where p.brand_name > n.name order by 1 limit 1)
    from names n where n.name is not null
)
select name, strpos(upper(name), %s) > 0 from names where name is not null limit %s
"""

type Suggestion = tuple[str, str]  # what is put into the field, and what is said beside it


def vendors(text: str, *, viewer: User) -> list[Suggestion]:
    """Vendor numbers that begin with the text, or whose name has it."""
    return list(search.merchants(text=text, viewer=viewer).values_list("vendor_number", "name")[:MOST])


def brands(text: str, *, viewer: User) -> list[Suggestion]:
    """Brands that have the text in them."""
    if len(text) < LEAST_LETTERS:
        return []
    names = _of_few(text) if viewer.sees_all_merchants else None
    if names is None:
        of_brand = Product.objects.visible_to(viewer).annotate(letters=Upper("brand_name"))
        some = of_brand.filter(letters__contains=text.upper()).order_by().values("brand_name")[:MOST_PRODUCTS]
        names = {row["brand_name"] for row in some}
    begins = text.upper()
    return [(name, "") for name in sorted(names, key=lambda name: (not name.upper().startswith(begins), name))[:MOST]]


def _of_few(text: str) -> set[str] | None:
    """The brands of all merchants that have the text; None where there are too many to look at each."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [text.upper(), MOST_BRANDS + 1])
        rows = cursor.fetchall()
    return {name for name, has_it in rows if has_it} if len(rows) <= MOST_BRANDS else None


KINDS: Mapping[str, Callable[..., list[Suggestion]]] = {"vendor": vendors, "brand": brands}
