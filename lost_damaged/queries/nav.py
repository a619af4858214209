"""What waits for an export to NAV, and for whom it is held."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from lost_damaged.models import NavBatchLine, SellerTransaction

type Waiting = SellerTransaction


def waiting() -> QuerySet[SellerTransaction]:
    """Transactions with an amount that are in no active batch, oldest first."""
    exported = NavBatchLine.objects.filter(transaction=OuterRef("pk"), active=True)
    return (
        SellerTransaction.objects.exclude(amount=0)
        .filter(~Exists(exported))
        .select_related("merchant__nav_account", "write_off__product__category")
        .order_by("created_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A seller whose lines cannot be exported, since it has no vendor number."""

    vendor_number: str
    name: str
    currency: str
    count: int
    amount: Decimal


def held() -> list[Held]:
    rows = (
        waiting()
        .filter(merchant__nav_account__isnull=True)
        .order_by("merchant__vendor_number")
        .values_list("merchant__vendor_number", "merchant__name", "currency")
        .annotate(count=Count("pk"), total=Sum("amount"))
    )
    return [Held(*row) for row in rows]
