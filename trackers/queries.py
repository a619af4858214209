"""Evaluation of trackers as SQL, and what the detail page and the preview explain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from inventory_ops.models import Merchant, Product
from trackers.mechanisms import MECHANISMS, PARAMETERS, values_of
from trackers.models import Tracker, TrackerDay


def _case(attribute: str, cast: str) -> str:
    whens = " ".join(f"when '{each.name}' then ({getattr(each, attribute)})::{cast}" for each in MECHANISMS.values())
    return f"case t.mechanism {whens} end"


def _names(attribute: str) -> str:
    return ", ".join(f"'{each.name}'" for each in MECHANISMS.values() if getattr(each, attribute))


# One row per tracker of `{source}` (the table itself, or VALUES for a preview). Trackers that need no stock, no
# window or no history skip those reads: the tests stand inside the laterals, where they are one-time filters, and the
# look for lost stock inside CASE, where it is not even begun. `offset 0` has what stands there computed once: without
# it every mention computes it again. Stock and days are read from covering indexes alone.
EVALUATION = f"""
select t.id, n.value, n.threshold, w.sold, f.actual_days, s.not_counted, d.today,{{read}}
    case when x.state in ('no_data', 'no_sales', 'stock_out') then 0
         when n.numerator < 900000000000000 then n.numerator * 10000 / n.denominator
         else div(n.numerator::numeric * 10000, n.denominator)::bigint end as health,
    x.state
from {{source}} t
join (
    select id, timezone, (%(as_of)s::timestamptz at time zone timezone)::date as today
    from inventory_ops_merchant offset 0
) d on d.id = t.merchant_id
cross join lateral (
    select coalesce(sum(b.on_hand) filter (where t.expiry_days is null or b.expires_on is null
               or b.expires_on > d.today + t.expiry_days), 0) as counted,
           coalesce(sum(b.on_hand) filter (where t.expiry_days is not null
               and b.expires_on <= d.today + t.expiry_days), 0) as not_counted,
           coalesce(sum(b.on_hand), 0) as on_hand
    from inventory_ops_stockbalance b
    where t.mechanism in ({_names("counts_stock")}) and b.product_id = t.product_id
      and b.inventory_type_id = t.inventory_type_id
) s
cross join lateral (
    select coalesce(sum(day.sold), 0)::bigint as sold, coalesce(sum(day.shipped), 0)::bigint as shipped
    from trackers_productday day
    where t.lookback_days is not null and day.product_id = t.product_id
      -- order items are of the sellable type `good`; other types have neither sales nor shipments
      and t.inventory_type_id = %(good)s
      and day.day >= d.today - t.lookback_days and day.day < d.today
) w
cross join lateral (
    select coalesce(greatest(d.today - greatest(d.today - t.lookback_days, g.first_on), 0), 0) as actual_days
    from (
        -- looked up by key: joined, a few changed trackers would have all products hashed
        select case when t.lookback_days is not null then
               (least((select k.first_at from trackers_productfirst k where k.product_id = t.product_id),
                      (select k.first_at from trackers_productfirststock k where k.product_id = t.product_id))
                at time zone d.timezone)::date end as first_on offset 0
    ) g offset 0
) f
cross join lateral (
    select {_case("value", "bigint")} as value, {_case("numerator", "bigint")} as numerator,
           {_case("denominator", "bigint")} as denominator, round({_case("threshold", "numeric")}, 4) as threshold
    offset 0
) n
cross join lateral (
    select case when t.mechanism in ({_names("needs_days")}) and f.actual_days <= 0 then 'no_data'
             when t.mechanism in ({_names("needs_sales")}) and w.sold <= 0
                  then case when s.on_hand > 0 then 'no_sales' when coalesce((
                      -- was there anything to sell on any day of the window? The level is read backwards from
                      -- today's; an import teaches what was there and is not a movement
                      select bool_or(level > 0)
                      from (
                          select s.on_hand - sum(e.quantity) over later as level,
                                 lag(e.occurred_at) over (order by e.occurred_at, e.id) as since
                          from inventory_ops_inventoryevent e
                          where e.product_id = t.product_id and e.inventory_type_id = t.inventory_type_id
                            and e.kind not in ('allocated', 'released', 'imported')
                            and e.occurred_at >= (d.today - t.lookback_days)::timestamp at time zone d.timezone
                            -- spares the partitions before: what occurs is recorded a day early at most
                            and e.recorded_at >= (d.today - t.lookback_days - 2)::timestamp at time zone d.timezone
                          window later as (order by e.occurred_at desc, e.id desc)
                      ) levels
                      where since is null or since < d.today::timestamp at time zone d.timezone
                  ), false) then 'no_sales' else 'stock_out' end
             when n.numerator * 2 < n.denominator then 'critical'
             when n.numerator < n.denominator then 'low'
             else 'healthy' end as state
    offset 0
) x
"""

GOOD = "(select id from inventory_ops_inventorytype where code = 'good')"
# Told apart here, before rows are kept or joined again: hardly any changes.
CHANGED = """where (t.value, t.threshold, t.sold, t.health, t.actual_days, t.not_counted, t.state) is distinct from
    (n.value, n.threshold, w.sold, case when x.state in ('no_data', 'no_sales', 'stock_out') then 0
        when n.numerator < 900000000000000 then n.numerator * 10000 / n.denominator
        else div(n.numerator::numeric * 10000, n.denominator)::bigint end, f.actual_days, s.not_counted, x.state)"""


def evaluation(source: str, *, changed: bool = False) -> str:
    """The evaluation over a source of trackers, ready for `%(as_of)s`.

    `changed` leaves out those whose numbers are what the source, that of `kept_trackers`, has kept of them.
    """
    text = EVALUATION + CHANGED if changed else EVALUATION
    read = " t.read, t.product_id, t.inventory_type_id," if changed else ""
    return text.replace("{source}", source).replace("{read}", read).replace("%(good)s", GOOD)


def kept_trackers(condition: str) -> str:
    """The enabled trackers `t` that meet a condition, as a source of `evaluation`; `read` is the version of the row."""
    # read by itself and by its ids: joined with vendors first, a shard would walk all of their trackers
    return f"(select t.*, t.xmin as read from trackers_tracker t where t.is_enabled and {condition} offset 0)"


@dataclass(frozen=True, slots=True)
class Reading:
    """Today's numbers of a rule."""

    value: int
    threshold: Decimal | None
    sold: int
    actual_days: int
    not_counted: int
    today: date
    health: int
    state: str

    @property
    def ratio(self) -> Decimal | None:
        """Health as a ratio for the bar; None where it says nothing."""
        return None if self.state in {"no_sales", "no_data"} else Decimal(self.health) / 10_000

    @property
    def percent(self) -> str:
        return f"{self.health // 100}.{self.health % 100:02d}"

    @property
    def daily(self) -> Decimal | None:
        return Decimal(self.sold) / self.actual_days if self.actual_days else None


def preview(*, product: Product, inventory_type_id: int, values: dict[str, Any], as_of: datetime) -> Reading:
    """What a rule would say now, without keeping it. `values` has mechanism and its parameters."""
    numbers = ", ".join(f"%({name})s::integer as {name}" for name in PARAMETERS)
    source = f"""(select 0::bigint as id, %(merchant)s::bigint as merchant_id, %(product)s::bigint as product_id,
        %(type)s::bigint as inventory_type_id, %(mechanism)s::text as mechanism, {numbers})"""
    params = {name: values.get(name) for name in ("mechanism", *PARAMETERS)} | {
        "merchant": product.merchant_id,
        "product": product.pk,
        "type": inventory_type_id,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(evaluation(source), params)
        _id, value, threshold, sold, days, left_out, today, health, state = cursor.fetchone()
    return Reading(int(value), threshold, int(sold), int(days), int(left_out), today, int(health), state)


def reading(tracker: Tracker, *, as_of: datetime) -> Reading:
    """A kept tracker's numbers at `as_of`."""
    return preview(
        product=tracker.product,
        inventory_type_id=tracker.inventory_type_id,
        values={"mechanism": tracker.mechanism} | values_of(tracker),
        as_of=as_of,
    )


def rollup_differences(*, merchant_id: int | None = None) -> list[tuple[Any, ...]]:
    """Days whose roll-up is not the sum of the raw lines; empty when all is right. (product, day, kept, raw)"""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with raw as (
                select product_id, day, sum(sold) as sold, sum(shipped) as shipped from (
                    select l.product_id, (l.ordered_at at time zone m.timezone)::date as day,
                           l.quantity - l.cancelled_quantity as sold, 0 as shipped
                    from inventory_ops_orderitem l join inventory_ops_merchant m on m.id = l.merchant_id
                    where l.status in (2, 3) and (%(m)s::bigint is null or m.id = %(m)s)
                    union all
                    select l.product_id, (l.shipped_at at time zone m.timezone)::date, 0, l.quantity_shipped
                    from inventory_ops_orderitem l join inventory_ops_merchant m on m.id = l.merchant_id
                    where l.quantity_shipped > 0 and (%(m)s::bigint is null or m.id = %(m)s)
                ) x group by 1, 2
            )
            select coalesce(k.product_id, raw.product_id), coalesce(k.day, raw.day), array[k.sold, k.shipped],
                   array[raw.sold, raw.shipped]
            from (select * from trackers_productday where %(m)s::bigint is null or merchant_id = %(m)s) k
            full join raw on raw.product_id = k.product_id and raw.day = k.day
            where (coalesce(k.sold, 0), coalesce(k.shipped, 0)) is distinct from
                  (coalesce(raw.sold, 0), coalesce(raw.shipped, 0))
            order by 1, 2 limit 100
            """,
            {"m": merchant_id},
        )
        return cursor.fetchall()


def today_of(merchant: Merchant, as_of: datetime) -> date:
    """The merchant's calendar day at a moment."""
    return as_of.astimezone(ZoneInfo(merchant.timezone)).date()


def history(tracker: Tracker, *, days: int) -> list[TrackerDay]:
    return list(TrackerDay.objects.filter(tracker=tracker).order_by("-day")[:days])[::-1]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product worth watching, with the numbers that say so."""

    product: Product
    sold: int
    on_hand: int

    @property
    def daily(self) -> Decimal:
        return Decimal(self.sold) / 30

    @property
    def threshold(self) -> Decimal:
        return self.daily * 14


def suggestions(*, merchant: Merchant, limit: int, as_of: datetime) -> list[Suggestion]:
    """Products of a merchant without a turnover tracker that sold in the last 30 complete days, best sellers first."""
    today = today_of(merchant, as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select d.product_id, sum(d.sold), (select coalesce(sum(on_hand), 0) from inventory_ops_stockbalance b
                where b.product_id = d.product_id and b.inventory_type_id = g.id)
            from trackers_productday d cross join (select id from inventory_ops_inventorytype where code = 'good') g
            where d.merchant_id = %(merchant)s and d.day >= %(today)s::date - 30 and d.day < %(today)s
              and not exists (select from trackers_tracker t where t.product_id = d.product_id
                and t.inventory_type_id = g.id and t.mechanism = 'turnover_days')
            group by d.product_id, g.id having sum(d.sold) > 0 order by sum(d.sold) desc, d.product_id limit %(limit)s
            """,
            {"merchant": merchant.pk, "today": today, "limit": limit},
        )
        found = cursor.fetchall()
    products = Product.objects.in_bulk([row[0] for row in found])
    return [Suggestion(products[pk], int(sold), int(on_hand)) for pk, sold, on_hand in found]
