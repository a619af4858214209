"""The tables of issues: what defines their rows, and whether they are right at a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import F, Model, QuerySet

from inventory_ops.kit.reports.filters import WINDOW_CHOICES
from inventory_ops.kit.reports.scope import BEGINNING, WINDOW, Window, parse_window
from inventory_ops.models import InventoryCostIssue, OrderCostIssue, ShippingIssue
from inventory_ops.queries import costs, shipping
from inventory_ops.queries.findings import LAST_RUNS, Freshness, freshness_of

type Statement = tuple[str, tuple[Any, ...]]  # SQL and its parameters

# that the table of shipping issues is kept for: what the filter offers, and all time
SHIPPING_PERIODS = (*(period for period, _label in WINDOW_CHOICES), "")

# What changes by the clock alone, as ids of products. `lo` and `hi` are two moments: what is at one of them is not
# what is at the other.
PRICE_MOMENTS = """
select product_id from inventory_ops_flashsale where starts_at > {lo} and starts_at <= {hi}
union all select product_id from inventory_ops_flashsale where ends_at > {lo} and ends_at <= {hi}
union all select id from inventory_ops_product where special_from > {lo} and special_from <= {hi}
union all select id from inventory_ops_product where special_to > {lo} and special_to <= {hi}
"""
# A ship-by date passes; the time of an order that lay ahead comes.
SHIPPING_MOMENTS = """
select product_id from inventory_ops_orderitem
where status = 2 and quantity_shipped < quantity and ship_by >= {lo} and ship_by < {hi}
union all select product_id from inventory_ops_orderitem
where status in (2, 3) and quantity_shipped < quantity
  and (status = 3 or cancelled_quantity > 0 or ship_by < {hi}) and ordered_at > {lo} and ordered_at <= {hi}
"""
# A line leaves a window (or enters it again: on 29 February it goes back a day).
WINDOW_MOMENTS = """
union all select product_id from inventory_ops_orderitem
where status in (2, 3) and quantity_shipped < quantity
  and (status = 3 or cancelled_quantity > 0 or ship_by < {{hi}})
  and ordered_at > least({{lo}} - interval '{span}', {{hi}} - interval '{span}')
  and ordered_at <= greatest({{lo}} - interval '{span}', {{hi}} - interval '{span}')
"""
NO_MOMENTS = "select null::bigint where {lo} > {hi}"


def window_of(period: str, *, as_of: datetime) -> Window:
    """The window that the table of shipping issues has a period's rows for."""
    return parse_window(period, as_of=as_of.astimezone(UTC)) if period else Window(BEGINNING, as_of)


def shipping_period(window: Window, *, as_of: datetime) -> str:
    """The shortest period that a window which ends by `as_of` lies in."""
    starts = {period: window_of(period, as_of=as_of).start for period in SHIPPING_PERIODS}
    return max((period for period in starts if starts[period] <= window.start), key=starts.__getitem__)


def _shipping_moments(periods: Sequence[str]) -> str:
    spans = {"d": "days", "m": "months"}
    found = (WINDOW.fullmatch(period) for period in periods)
    ends = [WINDOW_MOMENTS.format(span=f"{match[1]} {spans[match[2]]}") for match in found if match]
    return SHIPPING_MOMENTS + "".join(ends)


@dataclass(frozen=True, slots=True)
class Table:
    """A report's table. `live(as_of, only)` is the SQL of the rows that define it, of all or of the keys `only`, with
    columns called as its own. `moments(periods)` says what the clock changes, and `periods` of which there are rows:
    then a column `period` tells them apart.
    """

    slug: str
    model: type[Model]
    key: str  # what notes name rows by
    live: Callable[[datetime, Sequence[int] | None], Statement]
    moments: Callable[[Sequence[str]], str]
    periods: tuple[str, ...] = ()

    @property
    def identity(self) -> list[str]:
        return ["period", self.key] if self.periods else [self.key]

    @property
    def columns(self) -> list[str]:
        return [field.attname for field in self.model._meta.concrete_fields]


def _columns_of(model: type[Model], rows: QuerySet[Any, Any], **named: Any) -> Statement:
    """Rows with the columns of a table; `named` are those that have another name in the rows."""
    columns = [field.attname for field in model._meta.concrete_fields if field.attname not in named]
    sql, params = rows.order_by().values(*columns, **named).query.sql_with_params()
    return sql, params


def _inventory_cost_issues(as_of: datetime, only: Sequence[int] | None) -> Statement:
    rows = costs.inventory_cost_issues(viewer=None, as_of=as_of, most_margin=costs.MARGIN_KEPT, only=only)
    return _columns_of(InventoryCostIssue, rows, product_id=F("pk"))


def _shipping_issues(as_of: datetime, only: Sequence[int] | None) -> Statement:
    starts = {period: window_of(period, as_of=as_of).start for period in SHIPPING_PERIODS}
    return shipping.not_shipped_by_period(as_of=as_of, starts=starts, only=only)


def _order_cost_issues(as_of: datetime, only: Sequence[int] | None) -> Statement:
    return _columns_of(OrderCostIssue, costs.order_cost_issues(viewer=None, only=only), item_id=F("pk"))


TABLES = {
    table.slug: table
    for table in (
        Table(
            "inventory-cost-issues",
            InventoryCostIssue,
            "product_id",
            _inventory_cost_issues,
            lambda _periods: PRICE_MOMENTS,
        ),
        Table("shipping-issues", ShippingIssue, "product_id", _shipping_issues, _shipping_moments, SHIPPING_PERIODS),
        Table("order-cost-issues", OrderCostIssue, "item_id", _order_cost_issues, lambda _periods: NO_MOMENTS),
    )
}


@dataclass(frozen=True, slots=True)
class State:
    """The moment the tables were refreshed for (None = never), and whether a table is right at the moment asked for.

    `scan` tells of the scan that the report's findings come from, read by the way.
    """

    as_of: datetime | None
    is_current: bool
    scan: Freshness


_last_seen: dict[str, datetime] = {}  # by database: what the next look expects


def state(
    slug: str, *, as_of: datetime, using: str = DEFAULT_DB_ALIAS, scan: str = "", periods: Sequence[str] = ()
) -> State:
    """Is the table of a report what its live query would give at `as_of`? Exact: nothing is guessed by age.

    `periods` are those of the table that are asked for; without them all are.
    One query, and one more after every refresh: the span of time that the clock moved has to be literal in it, else
    the planner expects much of it and reads whole indexes.
    """
    expected = _last_seen.get(using, as_of)
    moments = TABLES[slug].moments(periods or TABLES[slug].periods)
    for _attempt in range(3):
        sql = moments.format(lo="%(lo)s::timestamptz", hi="%(hi)s::timestamptz")
        with connections[using].cursor() as cursor:
            cursor.execute(
                f"""
                select r.as_of, not exists (select from inventory_ops_issuechange) and not exists ({sql}), f.*
                from ({LAST_RUNS}) f left join inventory_ops_issuerefresh r on true
                """,
                {"lo": min(expected, as_of), "hi": max(expected, as_of), "names": [scan]},
            )
            refreshed_for, is_current, _name, *runs = cursor.fetchone()
        fresh = freshness_of(*runs, now=as_of)
        if refreshed_for is None or refreshed_for == expected:
            return State(refreshed_for, refreshed_for is not None and is_current, fresh)
        expected = _last_seen[using] = refreshed_for
    return State(expected, False, fresh)


def differences(*, most: int) -> list[str]:
    """Rows of the tables that the live queries do not give, and the other way round, at the moment they are kept for.

    Nothing is compared while something is noted that the tables were not refreshed for.
    """
    found = []
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "select as_of from inventory_ops_issuerefresh where not exists (select from inventory_ops_issuechange)"
        )
        row = cursor.fetchone()
        for table in TABLES.values() if row else ():
            sql, params = table.live(row[0], None)
            columns, name = ", ".join(table.columns), table.model._meta.db_table
            row_of = f"concat_ws(', ', {', '.join(f"'{column} ' || {column}" for column in table.identity)})"
            cursor.execute(
                f"""
                with live as materialized (select {columns} from ({sql}) d)
                (select {row_of}, 'is not what the live query gives' from
                    (select {columns} from {name} except all select {columns} from live) more)
                union all
                (select {row_of}, 'is missing or otherwise' from
                    (select {columns} from live except all select {columns} from {name}) less)
                limit {most:d}
                """,
                params,
            )
            found += [f"{table.slug}: the row of {named} {what}" for named, what in cursor.fetchall()]
    return found
