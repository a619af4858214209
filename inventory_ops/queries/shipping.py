"""Items that were ordered and not shipped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Max, Q, QuerySet, Sum, Value, When

from inventory_ops.kit.db.expressions import these
from inventory_ops.models import OrderItem, User
from inventory_ops.models.orders import CancelledBy, OrderStatus

NOT_BY_CUSTOMER = [CancelledBy.SELLER, CancelledBy.WAREHOUSE, CancelledBy.SYSTEM]


def unshipped_lines(
    *, viewer: User | None, as_of: datetime, after: datetime | None, until: datetime
) -> QuerySet[OrderItem]:
    """Lines of placed orders that shipped less than ordered, for good.

    For good means: cancelled by seller, warehouse or system; or the order is closed; or the ship-by date has
    passed at `as_of`. What the customer cancelled does not count as short. `after` (excluded, None = no bound) and
    `until` (included) bound the time of order. Annotates `units_short`.
    """
    by_customer = Case(
        When(cancelled_by=CancelledBy.CUSTOMER, then=F("cancelled_quantity")),
        default=Value(0),
        output_field=IntegerField(),
    )
    lines = (
        OrderItem.objects.visible_to(viewer)
        .filter(status__in=[OrderStatus.OPEN, OrderStatus.CLOSED], quantity_shipped__lt=F("quantity"))
        .filter(ordered_at__lte=until)
        .annotate(units_short=F("quantity") - F("quantity_shipped") - by_customer)
        .filter(units_short__gt=0)
        .filter(Q(cancelled_by__in=NOT_BY_CUSTOMER) | Q(status=OrderStatus.CLOSED) | Q(ship_by__lt=as_of))
    )
    return lines if after is None else lines.filter(ordered_at__gt=after)


def not_shipped_by_product(
    *,
    viewer: User | None,
    as_of: datetime,
    after: datetime | None,
    until: datetime,
    among: Sequence[int] | None = None,
) -> QuerySet[Any, Any]:
    """One row a product: `times` = number of distinct orders it was not shipped in, `units` short, `last_at`.

    `among` are ids of the only products to look at.
    """
    lines = unshipped_lines(viewer=viewer, as_of=as_of, after=after, until=until)
    if among is not None:
        # every line is of its product's merchant; said, because the index of these lines begins with the merchant
        lines = lines.filter(product__in=these(among), merchant=F("product__merchant"))
    return lines.values(
        "product_id",
        "merchant_id",
        vendor_number=F("merchant__vendor_number"),
        vendor_name=F("merchant__name"),
        sku=F("product__sku"),
        name=F("product__name"),
        category_id=F("product__category"),
    ).annotate(
        times=Count("order", distinct=True),
        units=Sum("units_short"),
        value=Sum(F("units_short") * F("unit_price")),
        last_at=Max("ordered_at"),
    )
