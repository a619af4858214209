"""Products put live, and taken off sale. Their channels are notified by the database, whatever the way in."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from inventory_ops.kit import undo
from inventory_ops.models import Product, User
from inventory_ops.operations import audit


@transaction.atomic
def set_live(*, products: Iterable[int], live: bool, reason: str, by: User) -> list[int]:
    """Put products live or take them off, by id; answers the ids of those that changed.

    Stock stays where it is. Each channel that lists a product which is taken off gets the quantity 0 with the next
    push, and its quantity again when the product is put live.
    """
    rows = Product.objects.select_for_update(of=["self"]).filter(pk__in=list(products)).exclude(is_live=live)
    found = list(rows.order_by("pk"))
    # one statement: the trigger that notifies the channels runs once
    Product.objects.filter(pk__in=[product.pk for product in found]).update(is_live=live)
    audit.record_many(
        action="product.put_live" if live else "product.take_off",
        by=by,
        entries=[
            audit.Entry(
                product,
                f"{product.sku}: {'put live' if live else 'taken off'}, {reason}",
                {"live": live, "reason": reason},
                product.merchant_id,
            )
            for product in found
        ],
    )
    for product in found:
        undo.note("live", product=product.pk, live=live)
    return [product.pk for product in found]
