"""What became of carts that were left: contacted, bought later, or bought themselves.

A cart counts as recovered when it became an order after its store's time-out had passed, or when its customer bought
goods of it by another order (`operations/orders/recovered.py` finds those). The recovery rate of a group is how many
of all carts that were left were recovered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models import CartContact, Merchant, Order, OrderItem, User
from inventory_ops.models.orders import OrderStatus
from inventory_ops.queries.checkouts import DEFAULT_ABANDON_AFTER


class State(models.TextChoices):
    LEFT = "left", _("Left")
    CONTACTED = "contacted", _("Contacted")
    RECOVERED = "recovered", _("Bought later")


CONTACTED = Exists(CartContact.objects.filter(order=OuterRef("pk")))
STATE = Case(
    When(recovered_at__isnull=False, then=Value(State.RECOVERED.value)),
    When(CONTACTED, then=Value(State.CONTACTED.value)),
    default=Value(State.LEFT.value),
    output_field=CharField(),
)


def in_state(carts: QuerySet[Order], wanted: str | None) -> QuerySet[Order]:
    """Those in a state; `open` are all that were not recovered."""
    if not wanted:
        return carts
    carts = carts.filter(recovered_at__isnull=wanted != State.RECOVERED)
    if wanted == State.CONTACTED:
        return carts.filter(CONTACTED)
    return carts.filter(~CONTACTED) if wanted == State.LEFT else carts


def holding(
    carts: QuerySet[Order], *, viewer: User | None, product: Any = None, vendor: str | None = None
) -> QuerySet[Order]:
    """Carts with a product, or one of a vendor, among the lines that the viewer may see. `carts` are still left: their
    lines lie apart from those of all months."""
    if not product and not vendor:
        return carts
    lines = OrderItem.objects.visible_to(viewer).filter(order=OuterRef("pk"), status=OrderStatus.CART)
    if product:
        lines = lines.filter(product_id=int(product))
    if vendor:
        # looked up first: of a vendor that nobody is, the planner knows that there are no lines
        keys = list(Merchant.objects.filter(vendor_number__iexact=vendor).values_list("pk", flat=True))
        lines = lines.filter(merchant__in=keys or [0])  # no merchant has the key 0
    return carts.filter(Exists(lines))


def left(*, viewer: User | None, as_of: datetime, after: datetime | None, until: datetime) -> QuerySet[Any]:
    """All carts that were left in a span of time: those still left (the list of carts), and those bought since.

    Annotates when it was left, `is_cart`, `was_contacted`, `was_recovered`, and the total that the viewer may see.
    """
    deadline = ExpressionWrapper(
        Value(as_of) - Coalesce(F("store__abandon_after"), Value(DEFAULT_ABANDON_AFTER)), output_field=DateTimeField()
    )
    lines = OrderItem.objects.visible_to(viewer).filter(order=OuterRef("pk"))
    carts = Q(status=OrderStatus.CART, last_activity_at__lte=until, last_activity_at__lt=F("deadline"))
    bought = Q(status__gt=OrderStatus.CART, recovered_at__isnull=False, left_at__lte=until)
    if after is not None:
        carts &= Q(last_activity_at__gt=after)
        bought &= Q(left_at__gt=after)
    total: Any = F("total_amount")
    if viewer is not None and not viewer.sees_all_merchants:
        own = lines.order_by().values("order").annotate(total=Sum(F("quantity") * F("unit_price"))).values("total")
        total = Subquery(own, output_field=MoneyField())
    return (
        Order.objects.annotate(deadline=deadline)
        .filter(carts | bought)
        .filter(Exists(lines))
        .annotate(
            left_when=Case(When(status=OrderStatus.CART, then=F("last_activity_at")), default=F("left_at")),
            is_cart=Case(When(status=OrderStatus.CART, then=Value(True)), default=Value(False)),
            was_contacted=CONTACTED,
            visible_total=total,
        )
    )


RECOVERED = Q(recovered_at__isnull=False)


def counted(rows: QuerySet[Any], *, of: str = "") -> QuerySet[Any]:
    """Groups with how many carts were left, are still, were contacted and recovered, and the rate in percent.

    `of` is the path from a row of `rows` (which is grouped) to the cart: a group of lines counts carts once.
    """
    path = f"{of}__" if of else ""
    one = of or "pk"

    def count(condition: Q | None = None) -> Count:
        return Count(one, filter=condition, distinct=bool(of))

    rows = rows.annotate(
        n_left=count(),
        n_carts=count(Q(**{f"{path}status": OrderStatus.CART})),
        n_contacted=count(Q(was_contacted=True)),
        n_recovered=count(Q(**{f"{path}recovered_at__isnull": False})),
    )
    return rows.annotate(
        rate=ExpressionWrapper(Cast("n_recovered", DecimalField()) * 100 / F("n_left"), output_field=DecimalField())
    )
