"""Marks that stand on products."""

from __future__ import annotations

from datetime import date

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery

from inventory_ops.models import ProductMark

MARKED, UNMARKED = "any", "none"


def mark_of(product: int, *, on: date) -> ProductMark | None:
    """The mark of a product that is in force on a day."""
    return ProductMark.objects.in_force(on).filter(product=product).select_related("marked_by").first()


def field_of_mark(name: str, *, on: date, product: str = "pk") -> Subquery:
    """A field of the mark in force of each row's product; NULL where there is none."""
    return Subquery(ProductMark.objects.in_force(on).filter(product=OuterRef(product)).values(name)[:1])


def marked[M: Model](rows: QuerySet[M], wanted: str, *, on: date) -> QuerySet[M]:
    """Products with a mark of a kind, with any (`any`), or without one (`none`)."""
    found = ProductMark.objects.in_force(on)
    if wanted not in (MARKED, UNMARKED):
        found = found.filter(kind=wanted)
    of_products = Q(pk__in=found.values("product"))
    return rows.exclude(of_products) if wanted == UNMARKED else rows.filter(of_products)
