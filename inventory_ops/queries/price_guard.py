"""Which rule of the price guard is in force, and what a product would be sold at."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import F, Min, Q

from inventory_ops.models import FlashSale, PriceGuard, Product


def mode_of(*, merchant_id: int) -> PriceGuard.Mode:
    """The merchant's own rule, else the one for all, else off."""
    rules = PriceGuard.objects.filter(Q(merchant=merchant_id) | Q(merchant__isnull=True))
    found = rules.order_by(F("merchant").asc(nulls_last=True)).values_list("mode", flat=True).first()
    return PriceGuard.Mode(found or PriceGuard.Mode.OFF)


def lowest_price(
    *, product: Product, price: Decimal, special: Decimal | None, special_to: datetime | None, as_of: datetime
) -> Decimal:
    """The lowest price that the product is or will be sold at: regular, special price or flash sale."""
    found = [price]
    if special is not None and (special_to is None or special_to > as_of):
        found.append(special)
    sale = FlashSale.objects.filter(product=product, ends_at__gt=as_of).aggregate(low=Min("sale_price"))["low"]
    return min([*found, sale] if sale is not None else found)
