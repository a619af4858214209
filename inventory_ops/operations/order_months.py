"""Months of order items: made ahead, made for what was loaded into a month that has no partition yet, dropped when
empty. Items of a month without a partition lie in `inventory_ops_orderitem_default`, where they are found like all."""

from __future__ import annotations

from datetime import date

from django.db import connection

from inventory_ops.kit.db.months import MONTHS_AHEAD, Months

MONTHS = Months(
    parent="inventory_ops_orderitem_placed",
    prefix="inventory_ops_orderitem_",
    make="inventory_ops_make_order_month",
    drop="inventory_ops_drop_order_month",
)
make_ahead = MONTHS.make_ahead
drop_empty = MONTHS.drop_empty
YEARS_BACK = 10  # older dates, and those after the months ahead, are mistakes of a file more often than sales

WAITING = """
select distinct date_trunc('month', ordered_at at time zone 'UTC')::date from inventory_ops_orderitem_default
where ordered_at >= %s::date - %s * interval '1 year'
and ordered_at < date_trunc('month', %s::date) + %s * interval '1 month'
order by 1
"""


def settle(*, today: date) -> list[date]:
    """Give items that wait in the partition for all other dates their months; answers the months that were made.

    Each in a transaction of its own, in which nobody else uses the partition they leave.
    """
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [today, YEARS_BACK, today, MONTHS_AHEAD + 1])
        waiting = [row[0] for row in cursor.fetchall()]
    return [month for month in waiting if MONTHS.make_month(month)]
