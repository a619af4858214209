"""Changes of prices, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from inventory_ops.models import PriceChange, User
from inventory_ops.operations.prices import Applied, Prices, change_many, version


@transaction.atomic
def undo(*, changes: Iterable[int], by: User, as_of: datetime, accept_loss: bool = False) -> tuple[Applied, list[str]]:
    """Set prices back to what they were before changes, by id; answers what was done, and why others were not.

    A change is taken back once, and only while the product is priced as it left it.
    """
    found = PriceChange.objects.filter(pk__in=list(changes)).order_by("merchant_id", "product__sku", "-at")
    rows = list(found.select_related("product__merchant").select_for_update(of=["self", "product"]))
    undone = set(PriceChange.objects.filter(undoes__in=rows).values_list("undoes", flat=True))
    wanted: dict[int, Prices] = {}
    seen: dict[int, str] = {}
    of_products: dict[int, PriceChange] = {}
    left: list[str] = []
    for row in rows:
        if why := why_not_undone(row, undone=row.pk in undone or row.product_id in wanted):
            left.append(f"{row.product.sku}: {why}")
        else:
            wanted[row.product_id] = _before(row)
            seen[row.product_id], of_products[row.product_id] = version(row.product), row
    applied = change_many(
        wanted=wanted, seen=seen, by=by, as_of=as_of, source="undo", accept_loss=accept_loss, undoes=of_products
    )
    left += [f"{of_products[pk].product.sku}: {error}" for pk, error in applied.refused.items()]
    return applied, left


def why_not_undone(change: PriceChange, *, undone: bool) -> str:
    """Why a change cannot be taken back; '' if it can. It comes with its product as it is now."""
    product = change.product
    if undone:
        return _("It was undone already.")
    if change.price_before is None:
        return _("What it was before is not known.")
    now = (product.price, product.special_price, product.cost)
    if now != (change.price_after, change.special_price_after, change.cost_after):
        return _("The prices were changed again since.")
    return ""


def _before(change: PriceChange) -> Prices:
    product, window = change.product, change.special_window_before
    start, end = product.special_from, product.special_to
    if window is not None:
        start, end = window.lower, window.upper
    price = change.price_before if change.price_before is not None else product.price
    return Prices(price, change.special_price_before, start, end, change.cost_before)
