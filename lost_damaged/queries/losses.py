"""What lost and damaged units cost."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, DateField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, TruncMonth
from django.utils.translation import gettext as _

from inventory_ops.kit.reports import Window
from inventory_ops.models import User
from lost_damaged.models import SellerTransaction

CREDIT, DEBIT = Q(type=SellerTransaction.Type.CREDIT), Q(type=SellerTransaction.Type.DEBIT)


def transactions(*, viewer: User | None, window: Window | None) -> QuerySet[SellerTransaction]:
    """Credits and reversals that were booked in the window."""
    rows: QuerySet[SellerTransaction] = SellerTransaction.objects.visible_to(viewer)
    if window:
        rows = rows.filter(created_at__gt=window.start, created_at__lte=window.end)
    return rows


def with_month(rows: QuerySet[SellerTransaction]) -> QuerySet[Any]:
    """`month`: the first day of the month in UTC."""
    return rows.annotate(month=Cast(TruncMonth("created_at"), DateField()))


def with_category(rows: QuerySet[SellerTransaction]) -> QuerySet[Any]:
    """`category_name`: the product's category now."""
    return rows.annotate(category_name=Coalesce("write_off__product__category__name", Value(_("No category"))))


def summed(rows: QuerySet[Any], key: str) -> QuerySet[Any]:
    """One row a key and currency: n_units, n_found, a_credited, a_taken_back (0 or less), a_net."""
    return rows.values(key, "currency").annotate(
        n_units=Count("pk", filter=CREDIT),
        n_found=Count("pk", filter=DEBIT),
        a_credited=Coalesce(Sum("amount", filter=CREDIT), Value(0), output_field=_MONEY),
        a_taken_back=Coalesce(Sum("amount", filter=DEBIT), Value(0), output_field=_MONEY),
        a_net=Sum("amount"),
    )


_MONEY = SellerTransaction._meta.get_field("amount")
