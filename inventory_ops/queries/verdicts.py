"""Why an item was not shipped: a verdict for each case, from the stock then, what was needed, and who cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import InventoryEvent, OrderItem, User
from inventory_ops.models.ledger import ALLOCATION_KINDS
from inventory_ops.models.orders import CancelledBy, OrderStatus
from inventory_ops.queries import shipping


class Verdict(TextChoices):
    SHORTAGE = "shortage", _("Shortage")
    PICK_ERROR = "pick_error", _("Pick error")
    VENDOR = "vendor", _("Vendor")
    CARRIER = "carrier", _("Carrier")
    UNKNOWN = "unknown", _("Unknown")


# how a verdict is reached, in the order of the rules below
EXPLAINED: Mapping[str, Any] = {
    Verdict.SHORTAGE: _("Shortage: less was on hand at the time of order than was needed."),
    Verdict.VENDOR: _("Vendor: enough was on hand, and the seller cancelled."),
    Verdict.PICK_ERROR: _("Pick error: enough was on hand, and the warehouse cancelled or shipped a part of it."),
    Verdict.CARRIER: _("Carrier: enough was on hand, nobody cancelled, and it did not leave by the ship-by date."),
    Verdict.UNKNOWN: _("Unknown: nothing was ever booked for the product, or nothing says why."),
}


def with_verdict(lines: QuerySet[OrderItem]) -> QuerySet[OrderItem]:
    """Annotate on_hand_then (the ledger up to the time of order), was_booked, and the verdict of each line.

    `lines` are those of `shipping.unshipped_lines`.
    """
    before = InventoryEvent.objects.filter(product=OuterRef("product"), occurred_at__lte=OuterRef("ordered_at"))
    before = before.exclude(kind__in=ALLOCATION_KINDS)
    total = before.order_by().values("product").annotate(total=Sum(F("quantity"))).values("total")
    known = lines.annotate(
        on_hand_then=Coalesce(Subquery(total, output_field=IntegerField()), 0), was_booked=Exists(before)
    )
    return known.annotate(
        verdict=Case(
            When(was_booked=False, cancelled_by=CancelledBy.SELLER, then=Value(Verdict.VENDOR)),
            When(was_booked=False, then=Value(Verdict.UNKNOWN)),
            When(on_hand_then__lt=F("quantity"), then=Value(Verdict.SHORTAGE)),
            When(cancelled_by=CancelledBy.SELLER, then=Value(Verdict.VENDOR)),
            When(Q(cancelled_by=CancelledBy.WAREHOUSE) | Q(quantity_shipped__gt=0), then=Value(Verdict.PICK_ERROR)),
            When(
                Q(cancelled_by="", ship_by__isnull=False) & (Q(status=OrderStatus.OPEN) | Q(shipped_at__isnull=True)),
                then=Value(Verdict.CARRIER),
            ),
            default=Value(Verdict.UNKNOWN),
            output_field=CharField(),
        )
    )


def of_product(product_id: int, *, viewer: User | None, as_of: datetime, after: datetime) -> dict[str, int]:
    """How many cases of a product there are of each verdict."""
    lines = shipping.unshipped_lines(viewer=viewer, as_of=as_of, after=after, until=as_of)
    cases: QuerySet[Any] = with_verdict(lines.filter(product=product_id))
    return dict(cases.values_list("verdict").annotate(n=Count("order", distinct=True)).order_by("-n", "verdict"))
