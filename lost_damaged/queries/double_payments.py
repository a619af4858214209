"""Write-offs that may have been paid twice. Nothing here refuses anything: people look and decide."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from inventory_ops.models import OrderItem, User
from lost_damaged.models import WriteOff
from lost_damaged.queries.write_offs import write_offs

MORE_THAN_ORDERED, NEAR_EQUAL_UID, SHIPPED = "more_than_ordered", "near_equal_uid", "shipped"


class UidCore(Func):
    """What is left of a UID without separators and leading zeros; see the index of migration 0003."""

    function = "lost_damaged_uid_core"
    output_field = CharField()


def double_payments(*, viewer: User | None) -> QuerySet[Any]:
    """Write-offs in force that share an order item beyond its quantity, nearly share a UID, or were shipped."""
    rows = write_offs(viewer=viewer).filter(debit__isnull=True)
    of_item = (
        WriteOff.objects.filter(order_item=OuterRef("order_item"))
        .exclude(transactions__type="debit")
        .order_by()
        .values("order_item")
        .annotate(units=Count("pk"))
        .values("units")
    )
    # its key says in which month the item lies: only that one is looked into
    item = OrderItem.objects.filter(pk=OuterRef("order_item"), ordered_at=OuterRef("order_item__ordered_at"))
    near = (
        WriteOff.objects.alias(core=UidCore("uid_key"))
        .filter(product=OuterRef("product"), core=UidCore(OuterRef("uid_key")))
        .exclude(pk=OuterRef("pk"))
        .exclude(transactions__type="debit")
    )
    return rows.annotate(
        units_of_item=Coalesce(Subquery(of_item, output_field=IntegerField()), 0),
        problem=Case(
            When(
                order_item__isnull=False,
                units_of_item__gt=Subquery(item.values("quantity")[:1]),
                then=Value(MORE_THAN_ORDERED),
            ),
            When(Exists(near), then=Value(NEAR_EQUAL_UID)),
            When(Exists(item.filter(quantity_shipped__gt=0)), then=Value(SHIPPED)),
            output_field=CharField(),
        ),
    ).filter(Q(problem__isnull=False))
