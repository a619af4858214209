"""Items that were ordered and not shipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from inventory_ops.kit.db.expressions import these
from inventory_ops.models import OrderItem, ShippingCandidate, User
from inventory_ops.models.orders import CancelledBy, OrderStatus
from inventory_ops.queries import rates

NOT_BY_CUSTOMER = [CancelledBy.SELLER, CancelledBy.WAREHOUSE, CancelledBy.SYSTEM]


def unshipped_lines(
    *, viewer: User | None, as_of: datetime, after: datetime | None, until: datetime
) -> QuerySet[OrderItem]:
    """Lines of placed orders that shipped less than ordered, permanently.

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


def _of_products(lines: QuerySet[OrderItem], only: Sequence[int] | None) -> QuerySet[OrderItem]:
    if only is None:
        return lines
    # every line is of its product's merchant; said, because the index of these lines begins with the merchant
    return lines.filter(product__in=these(only), merchant=F("product__merchant"))


def not_shipped_by_product(
    *,
    viewer: User | None,
    as_of: datetime,
    after: datetime | None,
    until: datetime,
    only: Sequence[int] | None = None,
) -> QuerySet[Any, Any]:
    """One row a product: `times` = number of distinct orders it was not shipped in, `units` short, `last_at`.

    `only` are ids of the only products to look at.
    """
    lines = _of_products(unshipped_lines(viewer=viewer, as_of=as_of, after=after, until=until), only)
    return lines.values(
        "product_id",
        "merchant_id",
        vendor_number=F("merchant__vendor_number"),
        vendor_name=F("merchant__name"),
        sku=F("product__sku"),
        name=F("product__name"),
        category_id=F("product__category"),
        **rates.order_of("merchant__currency"),
    ).annotate(
        times=Count("order", distinct=True),
        units=Sum("units_short"),
        value=Sum(F("units_short") * F("unit_price")),
        last_at=Max("ordered_at"),
    )


def not_shipped_of(
    kept: QuerySet[ShippingCandidate], *, as_of: datetime, after: datetime, until: datetime
) -> QuerySet[Any, Any]:
    """The rows of `not_shipped_by_product`, of the products of a period that the window lies in.

    No product was short in more orders of a part of the period than of all of it. So the names and the order of most
    lists are known before a line is read; and lines only of the products that a page gets to, by index.
    """
    lines = unshipped_lines(viewer=None, as_of=as_of, after=after, until=until)
    # every line is of its product's merchant; said, because the index of these lines begins with the merchant
    own: Any = lines.filter(product=OuterRef("product_id"), merchant=OuterRef("merchant_id")).order_by()

    def of_lines(expression: Any) -> Subquery:
        return Subquery(own.values("product_id").annotate(found=expression).values("found"))

    return kept.annotate(
        times=of_lines(Count("order", distinct=True)),
        units=of_lines(Sum("units_short")),
        value=of_lines(Sum(F("units_short") * F("unit_price"))),
        last_at=of_lines(Max("ordered_at")),
    )


def not_shipped_by_period(
    *, as_of: datetime, starts: Mapping[str, datetime], only: Sequence[int] | None = None
) -> tuple[str, tuple[Any, ...]]:
    """The rows of `not_shipped_by_product` for several windows up to `as_of`, each with the name of its window.

    `starts` says after which moment each window begins. SQL with its parameters: the lines are read once, and no
    queryset can join them with the windows.
    """
    lines = unshipped_lines(viewer=None, as_of=as_of, after=min(starts.values()), until=as_of)
    found: Any = _of_products(lines, only)
    values = found.values("product_id", "merchant_id", "order_id", "ordered_at", "units_short", "unit_price")
    sql, params = values.query.sql_with_params()
    return (
        f"""
        select g.*, m.vendor_number, m.name as vendor_name, p.sku, p.name, p.category_id,
               inventory_ops_factor_of(m.currency) as factor, inventory_ops_band_of(m.currency) as band
        from (
            select w.period, l.product_id, l.merchant_id, count(distinct l.order_id) as times,
                   sum(l.units_short) as units, sum(l.units_short * l.unit_price) as value,
                   max(l.ordered_at) as last_at
            from ({sql}) l join unnest(%s::text[], %s::timestamptz[]) w (period, start) on l.ordered_at > w.start
            group by w.period, l.product_id, l.merchant_id
        ) g
        join inventory_ops_product p on p.id = g.product_id join inventory_ops_merchant m on m.id = g.merchant_id
        """,
        (*params, list(starts), list(starts.values())),
    )
