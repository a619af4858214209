"""Which rule of the price guard is in force, and what a product would be sold at."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Min
from django.utils import timezone

from inventory_ops.models import FlashSale, PriceGuard, Product


def mode_of(*, merchant_id: int) -> PriceGuard.Mode:
    """The merchant's own rule, else the one for all, else off."""
    own = rule_of(merchant_id=merchant_id)
    return PriceGuard.Mode(rule_of(merchant_id=None) if own == PriceGuard.Mode.DEFAULT else own)


def rule_of(*, merchant_id: int | None) -> str:
    """The mode in force now: `default` of a merchant without a rule of its own, `off` without one for all."""
    rows = PriceGuard.objects.filter(merchant=merchant_id, valid_from__lte=timezone.now(), withdrawn_at__isnull=True)
    found = rows.order_by("-valid_from", "-pk").values_list("mode", flat=True).first()
    return found or (PriceGuard.Mode.OFF if merchant_id is None else PriceGuard.Mode.DEFAULT)


def in_force(*, now: datetime) -> list[PriceGuard]:
    """The newest rule of each merchant that has one, and the one for all."""
    rows = PriceGuard.objects.filter(valid_from__lte=now, withdrawn_at__isnull=True)
    newest = rows.order_by("merchant_id", "-valid_from", "-pk").distinct("merchant_id").select_related("merchant")
    return sorted(
        (rule for rule in newest if rule.mode != PriceGuard.Mode.DEFAULT),
        key=lambda rule: rule.merchant.vendor_number if rule.merchant else "",
    )


def lowest_price(
    *, product: Product, price: Decimal, special: Decimal | None, special_to: datetime | None, as_of: datetime
) -> Decimal:
    """The lowest price that the product is or will be sold at: regular, special price or flash sale."""
    found = [price]
    if special is not None and (special_to is None or special_to > as_of):
        found.append(special)
    sale = FlashSale.objects.filter(product=product, ends_at__gt=as_of).aggregate(low=Min("sale_price"))["low"]
    return min([*found, sale] if sale is not None else found)
