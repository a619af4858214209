"""Which rule of the price guard is in force, and what a product would be sold at."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

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


def modes_of(merchants: Collection[int]) -> dict[int, PriceGuard.Mode]:
    """`mode_of` of each, by its key."""
    rules = {rule.merchant_id: rule.mode for rule in in_force(now=timezone.now())}
    every = rules.get(None, PriceGuard.Mode.OFF)
    return {merchant: PriceGuard.Mode(rules.get(merchant, every)) for merchant in merchants}


def lowest_sales(products: Iterable[int], *, as_of: datetime) -> dict[int, Decimal]:
    """The lowest price of the flash sales that run or are planned, by the key of the product."""
    found = FlashSale.objects.filter(product__in=list(products), ends_at__gt=as_of)
    return dict(found.values_list("product").annotate(low=Min("sale_price")))


def lowest_price(
    *, price: Decimal, special: Decimal | None, special_to: datetime | None, sale: Decimal | None, as_of: datetime
) -> Decimal:
    """The lowest price that a product is or will be sold at: regular, special price or flash sale (`sale`)."""
    found = [price]
    if special is not None and (special_to is None or special_to > as_of):
        found.append(special)
    return min([*found, sale] if sale is not None else found)


def below_cost(product: Product, *, cost: Decimal, lowest: Decimal, mode: PriceGuard.Mode) -> str:
    """What is said of a product that would be sold below its cost."""
    text = _("The cost of goods (%(cost)s) is above what it is or will be sold at (%(lowest)s).") % {
        "cost": f"{cost.normalize():f}",
        "lowest": f"{lowest.normalize():f}",
    }
    if mode == PriceGuard.Mode.BLOCK:
        text += " " + _("The price guard of %(vendor)s refuses that: finance can propose another rule.") % {
            "vendor": product.merchant
        }
    return text
