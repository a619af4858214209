"""Reads of the Events Ledger and of the balances that it sums up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from inventory_ops.models import InventoryEvent, StockTotal, User
from inventory_ops.models.statistics import NEVER


def events(*, viewer: User | None) -> QuerySet[InventoryEvent]:
    """All events that `viewer` may see."""
    rows: QuerySet[InventoryEvent] = InventoryEvent.objects.visible_to(viewer)
    return rows


def stock_by_type(*, viewer: User | None) -> QuerySet[StockTotal]:
    """One row a product and inventory type that stock was ever booked for, kept by triggers.

    The nearest expiry is that of lots with units on hand; `expires` is the same, with NEVER for none.
    """
    rows: QuerySet[StockTotal] = StockTotal.objects.visible_to(viewer)
    return rows.alias(expires=Coalesce("nearest_expiry", Value(NEVER)))


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One day, week or month: opening + received − shipped + returned ± adjusted − written_off = end."""

    start: date
    opening: int
    received: int
    shipped: int
    returned: int
    adjusted: int
    written_off: int
    end: int


def summary(*, product_id: int, by: str) -> list[SummaryRow]:
    """What moved a product's stock on hand, newest first; `by` is day, week or month of the merchant's time zone.

    Spans without an event are left out; `imported` counts as received when it adds and as an adjustment otherwise.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with spans as (
                select date_trunc(%(by)s, e.recorded_at at time zone m.timezone)::date as start,
                    sum(quantity) filter (where kind = 'received' or (kind = 'imported' and quantity > 0)) as received,
                    -sum(quantity) filter (where kind = 'shipped') as shipped,
                    sum(quantity) filter (where kind = 'returned') as returned,
                    sum(quantity) filter (where kind = 'adjusted' or (kind = 'imported' and quantity < 0)) as adjusted,
                    -sum(quantity) filter (where kind = 'written_off') as written_off,
                    sum(quantity) as total
                from inventory_ops_inventoryevent e join inventory_ops_merchant m on m.id = e.merchant_id
                where e.product_id = %(product)s and kind not in ('allocated', 'released')
                group by 1
            )
            select start, (sum(total) over w - total)::bigint, coalesce(received, 0), coalesce(shipped, 0),
                coalesce(returned, 0), coalesce(adjusted, 0), coalesce(written_off, 0), (sum(total) over w)::bigint
            from spans window w as (order by start) order by start desc limit 400
            """,
            {"by": by, "product": product_id},
        )
        return [SummaryRow(*row) for row in cursor.fetchall()]
