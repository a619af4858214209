"""Cost against price: of products now, and of order lines at the time of order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Least, NullIf

from inventory_ops.kit.db.expressions import these
from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models import FlashSale, OrderItem, Product, ProductStock, User
from inventory_ops.models.catalog import ProductQuerySet
from inventory_ops.queries import rates

MARGIN_KEPT = Decimal(10)  # percent; the table of cost issues has products up to it. The triggers of 0017 know it
WITHOUT_PRICE = Decimal(-10) ** 25  # margin percent of what is given away and costs something: below all others
BY_FLASH_SALE, BY_PRICE, BY_BOTH = "flash_sale", "price_or_cost", "both"


def special_is_in_force(as_of: datetime, prefix: str = "") -> Q:
    """Is the special price given and inside its window? A missing end is open. `prefix` leads to the product."""
    return (
        Q(**{f"{prefix}special_price__isnull": False})
        & (Q(**{f"{prefix}special_from__isnull": True}) | Q(**{f"{prefix}special_from__lte": as_of}))
        & (Q(**{f"{prefix}special_to__isnull": True}) | Q(**{f"{prefix}special_to__gt": as_of}))
    )


def sale_now(as_of: datetime, field: str, product: str = "pk") -> Subquery:
    """A field of the flash sale in force at `as_of`; NULL when none runs."""
    sales = FlashSale.objects.filter(product=OuterRef(product), starts_at__lte=as_of, ends_at__gt=as_of)
    return Subquery(sales.values(field)[:1])


def sale_now_or_next(as_of: datetime, field: str, product: str = "pk") -> Subquery:
    """A field of the flash sale in force, else of the next one. Sales do not overlap, so the first to start is it."""
    sales = FlashSale.objects.filter(product=OuterRef(product), ends_at__gt=as_of).order_by("starts_at")
    return Subquery(sales.values(field)[:1])


def price_in_force(as_of: datetime, prefix: str = "") -> Coalesce:
    """The active flash sale's price, else the special price inside its window, else the price."""
    special = Case(
        When(special_is_in_force(as_of, prefix), then=F(f"{prefix}special_price")), output_field=MoneyField()
    )
    sale = sale_now(as_of, "sale_price", prefix.removesuffix("__") or "pk")
    return Coalesce(sale, special, F(f"{prefix}price"), output_field=MoneyField())


def with_prices(products: ProductQuerySet, *, as_of: datetime) -> QuerySet[Product]:
    """Annotate what a cost report shows of a product: price in force, loss, margin, flash sale, stock, risk."""
    stock = ProductStock.objects.filter(product=OuterRef("pk"))
    return products.annotate(
        price_now=price_in_force(as_of),
        sale_starts_at=sale_now_or_next(as_of, "starts_at"),
        sale_ends_at=sale_now_or_next(as_of, "ends_at"),
        sale_snapshot_price=sale_now_or_next(as_of, "snapshot_price"),
        sale_percentage=sale_now_or_next(as_of, "percentage"),
        sale_price_now=sale_now(as_of, "sale_price"),
        on_hand=Subquery(stock.values("on_hand")),  # a join would read the stock of all products
    ).annotate(
        loss_per_unit=F("cost") - F("price_now"),
        margin_percent=Case(
            When(
                price_now__gt=0,
                then=(F("price_now") - F("cost")) * Value(Decimal(100)) / F("price_now"),
            ),
            When(cost__gt=0, then=Value(WITHOUT_PRICE)),
            output_field=DecimalField(),
        ),
        value_at_risk=Case(
            When(Q(on_hand__gt=0) & Q(cost__gt=F("price_now")), then=(F("cost") - F("price_now")) * F("on_hand")),
            default=Value(Decimal(0)),
            output_field=MoneyField(),
        ),
        in_flash_sale=Case(When(sale_price_now__isnull=False, then=Value(True)), default=Value(False)),
        explained_by=Case(
            When(sale_price_now__isnull=True, then=Value(BY_PRICE)),
            When(cost__lte=F("sale_snapshot_price"), then=Value(BY_FLASH_SALE)),
            default=Value(BY_BOTH),
            output_field=CharField(),
        ),
    )


def inventory_cost_issues(
    *,
    viewer: User | None,
    as_of: datetime,
    most_margin: Decimal | None = None,
    missing_cost: bool = False,
    only: Sequence[int] | None = None,
) -> QuerySet[Product]:
    """Products whose cost is higher than the price in force at `as_of`.

    With `most_margin`, products whose margin is at most that percent of the price (0 takes in cost = price), and what
    costs something and is given away. With
    `missing_cost`, the products without a cost, which are no issue of this report but a list of their own. `only` are
    ids of the only products to look at.
    """
    products = Product.objects.visible_to(viewer).annotate(
        vendor_number=F("merchant__vendor_number"),
        vendor_name=F("merchant__name"),
        **rates.order_of("merchant__currency"),
    )
    if missing_cost:
        # without a cost none of these is known; said as constants, they leave the list in the order of its keys
        nothing, zero = Cast(Value(None), DecimalField()), Cast(Value(Decimal(0)), DecimalField())
        products = products.filter(cost__isnull=True)
        return with_prices(products, as_of=as_of).annotate(
            loss_per_unit=nothing, margin_percent=nothing, value_at_risk=zero
        )
    too_dear = Q(cost__gt=F("price_now")) if most_margin is None else Q(margin_percent__lte=most_margin)
    if only is not None:
        return with_prices(products.filter(pk__in=these(only)), as_of=as_of).filter(too_dear)
    # Without a sale the price in force is the price or the special price: a partial index lists those below cost.
    # Only products in a sale need a look at each one.
    on_sale = FlashSale.objects.filter(starts_at__lte=as_of, ends_at__gt=as_of).values("product")
    below = Product.objects.filter(Q(cost__gt=F("price")) | Q(cost__gt=F("special_price"))).values("pk")
    candidates: Any = below.union(on_sale)
    if most_margin is not None:
        # the same by the share that the cost is of a price; a share is rounded, so a little more than needed
        least_share = 1 - most_margin / 100 - Decimal("0.000001")
        share = F("cost") / NullIf(Least("price", "special_price"), Value(Decimal(0)))
        dear = Product.objects.annotate(share=share).filter(share__gte=least_share).values("pk")
        if most_margin >= 100:  # what costs nothing belongs to it, whatever its price
            return with_prices(products.filter(cost__isnull=False), as_of=as_of).filter(too_dear)
        candidates = candidates.union(dear)
    return with_prices(products.filter(pk__in=candidates), as_of=as_of).filter(too_dear)


def order_cost_issues(*, viewer: User | None, only: Sequence[int] | None = None) -> QuerySet[OrderItem]:
    """Lines of carts, open and closed orders whose cost at the time of order is higher than the price then.

    `only` are ids of the only lines to look at.
    """
    lines = OrderItem.objects.visible_to(viewer).filter(unit_cost__gt=F("unit_price"))
    if only is not None:
        lines = lines.filter(pk__in=these(only))
    return lines.annotate(
        order_number=F("order__number"),
        customer_email=F("order__customer_email"),
        vendor_number=F("merchant__vendor_number"),
        vendor_name=F("merchant__name"),
        sku=F("product__sku"),
        name=F("product__name"),
        category_id=F("product__category"),
        **rates.order_of("merchant__currency"),
        loss_per_unit=F("unit_cost") - F("unit_price"),
        loss_amount=(F("unit_cost") - F("unit_price")) * (F("quantity") - F("cancelled_quantity")),
    )
