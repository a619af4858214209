"""Reads of stock: what is on hand and what can be sold."""

from __future__ import annotations

from django.db.models import Case, F, IntegerField, OuterRef, Subquery, Sum, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from inventory_ops.models import StockBalance


def sellable_on_hand(product: str = "pk") -> Coalesce:
    """Units on hand of sellable types over all locations, as an expression over a product's id."""
    return Coalesce(_total(F("on_hand"), product), 0)


def available(product: str = "pk") -> Coalesce:
    """On hand less allocated, of sellable types over all locations, as an expression over a product's id."""
    return Coalesce(_total(F("on_hand") - F("allocated"), product), 0)


def _total(quantity: F | CombinedExpression, product: str) -> Subquery:
    balances = StockBalance.objects.filter(product=OuterRef(product), inventory_type__is_sellable=True)
    total = balances.order_by().values("product").annotate(total=Sum(quantity)).values("total")
    return Subquery(total, output_field=IntegerField())


def floored_at_zero(quantity: str) -> Case:
    """Stock counts as zero where it is negative."""
    return Case(When(**{f"{quantity}__gt": 0}, then=F(quantity)), default=Value(0), output_field=IntegerField())
