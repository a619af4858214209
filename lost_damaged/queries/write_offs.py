"""Reads of write-offs and transactions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, ExpressionWrapper, F, FilteredRelation, Q, QuerySet, Value, When

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.kit.reports import Window
from inventory_ops.models import User
from lost_damaged.models import SellerTransaction, WriteOff

WRITTEN_OFF, REVERSED = "written_off", "reversed"


def write_offs(*, viewer: User | None, window: Window | None = None) -> QuerySet[Any]:
    """Write-offs that `viewer` may see, each with its `credit` and, if it was reversed, its `debit`."""
    rows = WriteOff.objects.visible_to(viewer).annotate(
        credit=FilteredRelation("transactions", condition=Q(transactions__type="credit")),
        debit=FilteredRelation("transactions", condition=Q(transactions__type="debit")),
        state=Case(When(debit__isnull=False, then=Value(REVERSED)), default=Value(WRITTEN_OFF)),
    )
    return within(rows, window)


def transactions(*, viewer: User | None, window: Window | None = None) -> QuerySet[Any]:
    """Transactions that `viewer` may see, with what their formula started from."""
    rows = SellerTransaction.objects.visible_to(viewer).annotate(
        # the names of the account statement, the same in every language
        type_name=Case(
            *[When(type=each.value, then=Value(str(each.label))) for each in SellerTransaction.Type],
            output_field=CharField(),
        ),
        base_amount=base_amount(),
        commission=Case(
            When(formula="order_item", then=F("commission_amount")),
            default=ExpressionWrapper(
                base_amount() * F("commission_percent") * Value(Decimal("0.01")), output_field=MoneyField()
            ),
            output_field=MoneyField(),
        ),
    )
    return within(rows, window)


def base_amount() -> Case:
    """Unit price of the order item, or the lowest price of the product."""
    return Case(
        When(formula="order_item", then=F("unit_price")),
        When(special_used=True, special_price__lt=F("price"), then=F("special_price")),
        default=F("price"),
        output_field=MoneyField(),
    )


def within(rows: QuerySet[Any], window: Window | None) -> QuerySet[Any]:
    return rows.filter(created_at__gt=window.start, created_at__lte=window.end) if window else rows


@dataclass(frozen=True, slots=True)
class Units:
    """Units written off on a day, UTC; of the day that `turn` is in, those up to it and those after it are apart."""

    day: date
    after_turn: bool
    count: int


# whole hours from their totals; the two that `after` and `turn` are in, unit by unit
OF_ALL = """
select (at at time zone 'UTC')::date, at > %(turn)s, sum(units)::bigint from (
    select hour as at, units from lost_damaged_writeoffhour
    where hour > %(after)s and hour <> date_trunc('hour', %(turn)s, 'UTC')
    union all
    select created_at, 1 from lost_damaged_writeoff
    where created_at > %(after)s and created_at < date_trunc('hour', %(after)s, 'UTC') + interval '1 hour'
    union all
    select created_at, 1 from lost_damaged_writeoff
    where created_at >= date_trunc('hour', %(turn)s, 'UTC')
      and created_at < date_trunc('hour', %(turn)s, 'UTC') + interval '1 hour'
) x group by 1, 2 order by 1, 2
"""
OF_MERCHANT = """
select (created_at at time zone 'UTC')::date, created_at > %(turn)s, count(*) from lost_damaged_writeoff
where merchant_id = %(merchant)s and created_at > %(after)s group by 1, 2 order by 1, 2
"""


def units_by_day(*, viewer: User | None, after: datetime, turn: datetime) -> list[Units]:
    """Units that `viewer` may see, written off after `after`, told apart by `turn`, a later moment of another hour."""
    sees_all = viewer is None or viewer.sees_all_merchants
    merchant = None if viewer is None or sees_all else viewer.own_merchant_id
    with connection.cursor() as cursor:
        cursor.execute(OF_ALL if sees_all else OF_MERCHANT, {"after": after, "turn": turn, "merchant": merchant})
        return [Units(*row) for row in cursor.fetchall()]
