"""Marks on products: for liquidation or promotion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit import undo
from inventory_ops.models import Product, ProductMark, User
from inventory_ops.operations import audit


class InvalidMark(Exception):
    """Nothing was marked; says why."""


@transaction.atomic
def mark(*, products: Iterable[int], kind: str, reason: str, until: date | None, by: User) -> list[int]:
    """Mark products, by id; answers the ids of those that had not this mark already. Raises InvalidMark.

    A product has one mark at a time: another one is removed.
    """
    now = timezone.now()
    if not reason.strip():
        raise InvalidMark(_("Give a reason."))
    if until is not None and until < timezone.localdate(now):
        raise InvalidMark(_("The last day is over already. Choose a later one, or none."))
    wanted = (kind, reason.strip(), until)
    rows = _held(products)
    standing = {mark.product_id: mark for mark in _standing(rows)}
    found = [row for row in rows if row.pk not in standing or _said(standing[row.pk]) != wanted]
    ProductMark.objects.filter(pk__in=[standing[row.pk].pk for row in found if row.pk in standing]).update(
        removed_at=now, removed_by=by
    )
    made = ProductMark.objects.bulk_create(
        ProductMark(
            merchant_id=row.merchant_id,
            product=row,
            kind=kind,
            reason=reason.strip(),
            until=until,
            marked_by=by,
            marked_at=now,
        )
        for row in found
    )
    audit.record_many(
        action="product.mark",
        by=by,
        entries=[
            audit.Entry(
                each.product,
                f"{each.product.sku}: {each.kind}, {each.reason}",
                {
                    "mark": each.kind,
                    "reason": each.reason,
                    "until": each.until.isoformat() if each.until else "",
                    "before": standing[each.product_id].kind if each.product_id in standing else "",
                },
                each.merchant_id,
            )
            for each in made
        ],
    )
    for each in made:
        _note(each.product_id, after=each.pk, before=standing.get(each.product_id))
    return [row.pk for row in found]


@transaction.atomic
def unmark(*, products: Iterable[int], by: User) -> list[int]:
    """Remove the mark of products, by id; answers the ids of those that had one."""
    found = _standing(_held(products))
    ProductMark.objects.filter(pk__in=[each.pk for each in found]).update(removed_at=timezone.now(), removed_by=by)
    audit.record_many(
        action="product.unmark",
        by=by,
        entries=[
            audit.Entry(each.product, f"{each.product.sku}: {each.kind}", {"mark": each.kind}, each.merchant_id)
            for each in found
        ],
    )
    for each in found:
        _note(each.product_id, after=None, before=each)
    return [each.product_id for each in found]


@transaction.atomic
def take_back(*, product_id: int, after: int | None, before: Mapping[str, Any] | None, by: User) -> None:
    """Give a product the mark that it had `before` (none: no mark), while `after` is the one that stands on it.

    Raises InvalidMark.
    """
    rows = _held([product_id])
    standing = next((each.pk for each in _standing(rows)), None)
    if not rows or standing != after:
        raise InvalidMark(_("%(sku)s was marked otherwise since.") % {"sku": rows[0].sku if rows else product_id})
    if before is None:
        unmark(products=[product_id], by=by)
    else:
        until = before["until"] and date.fromisoformat(before["until"])
        mark(products=[product_id], kind=before["kind"], reason=before["reason"], until=until, by=by)


def _note(product_id: int, *, after: int | None, before: ProductMark | None) -> None:
    said = {"kind": before.kind, "reason": before.reason, "until": before.until} if before else None
    undo.note("mark", product=product_id, after=after, before=said)


def _held(products: Iterable[int]) -> list[Product]:
    rows = Product.objects.select_for_update(of=["self"]).filter(pk__in=list(products))
    return list(rows.order_by("merchant_id", "sku"))


def _standing(products: Iterable[Product]) -> list[ProductMark]:
    marks = ProductMark.objects.filter(product__in=list(products), removed_at__isnull=True)
    return list(marks.select_related("product").order_by("product_id"))


def _said(mark: ProductMark) -> tuple[str, str, date | None]:
    return mark.kind, mark.reason, mark.until
