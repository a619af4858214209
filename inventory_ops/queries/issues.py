"""The tables of issues: what defines their rows, and whether they are right at a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import F, QuerySet

from inventory_ops.kit.reports.scope import Window, parse_window
from inventory_ops.models import InventoryCostIssue, OrderCostIssue, ShippingIssue
from inventory_ops.models.issues import IssueRow
from inventory_ops.queries import costs, shipping
from inventory_ops.queries.findings import LAST_RUNS, Freshness, freshness_of

SHIPPING_WINDOW = "12m"  # that the table of shipping issues is kept for

# What changes by the clock alone, as ids of products. `lo` and `hi` are two moments: what is at one of them is not
# what is at the other.
PRICE_MOMENTS = """
select product_id from inventory_ops_flashsale where starts_at > {lo} and starts_at <= {hi}
union all select product_id from inventory_ops_flashsale where ends_at > {lo} and ends_at <= {hi}
union all select id from inventory_ops_product where special_from > {lo} and special_from <= {hi}
union all select id from inventory_ops_product where special_to > {lo} and special_to <= {hi}
"""
# A ship-by date passes; a line leaves the window (or enters it again: on 29 February it goes back a day); the time of
# an order that lay ahead comes.
SHIPPING_MOMENTS = """
select product_id from inventory_ops_orderitem
where status = 2 and quantity_shipped < quantity and ship_by >= {lo} and ship_by < {hi}
union all select product_id from inventory_ops_orderitem
where status in (2, 3) and quantity_shipped < quantity
  and (status = 3 or cancelled_quantity > 0 or ship_by < {hi})
  and ordered_at > least({lo} - interval '12 months', {hi} - interval '12 months')
  and ordered_at <= greatest({lo} - interval '12 months', {hi} - interval '12 months')
union all select product_id from inventory_ops_orderitem
where status in (2, 3) and quantity_shipped < quantity
  and (status = 3 or cancelled_quantity > 0 or ship_by < {hi}) and ordered_at > {lo} and ordered_at <= {hi}
"""
NO_MOMENTS = "select null::bigint where {lo} > {hi}"


def shipping_window(as_of: datetime) -> Window:
    """The window of time that the table of shipping issues has at a moment."""
    return parse_window(SHIPPING_WINDOW, as_of=as_of.astimezone(UTC))


def _shipping_issues(as_of: datetime, among: Sequence[int] | None) -> QuerySet[Any, Any]:
    window = shipping_window(as_of)
    return shipping.not_shipped_by_product(viewer=None, as_of=as_of, after=window.start, until=window.end, among=among)


@dataclass(frozen=True, slots=True)
class Table:
    """A report's table. `live(as_of, among)` are the rows that define it, of all or of the keys `among`."""

    slug: str
    model: type[IssueRow]
    live: Callable[[datetime, Sequence[int] | None], QuerySet[Any, Any]]
    moments: str

    @property
    def columns(self) -> list[str]:
        return [field.attname for field in self.model._meta.concrete_fields]

    @property
    def key(self) -> str:
        pk: Any = self.model._meta.pk
        return str(pk.attname)

    def definition(self, as_of: datetime, among: Sequence[int] | None = None) -> tuple[str, tuple[Any, ...]]:
        """The live rows as SQL whose columns are called as those of the table."""
        rows = self.live(as_of, among).order_by()
        known = {field.attname for field in rows.model._meta.concrete_fields} | set(rows.query.annotations)
        named = {self.key: F("pk")} if self.key not in known else {}
        values = rows.values(*(name for name in self.columns if name not in named), **named)
        sql, params = values.query.sql_with_params()
        return sql, params


TABLES = {
    table.slug: table
    for table in (
        Table(
            "inventory-cost-issues",
            InventoryCostIssue,
            lambda as_of, among: costs.inventory_cost_issues(
                viewer=None, as_of=as_of, most_margin=costs.MARGIN_KEPT, among=among
            ),
            PRICE_MOMENTS,
        ),
        Table("shipping-issues", ShippingIssue, _shipping_issues, SHIPPING_MOMENTS),
        Table(
            "order-cost-issues",
            OrderCostIssue,
            lambda as_of, among: costs.order_cost_issues(viewer=None, among=among),
            NO_MOMENTS,
        ),
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


def state(slug: str, *, as_of: datetime, using: str = DEFAULT_DB_ALIAS, scan: str = "") -> State:
    """Is the table of a report what its live query would give at `as_of`? Exact: nothing is guessed by age.

    One query, and one more after every refresh: the span of time that the clock moved has to be literal in it, else
    the planner expects much of it and reads whole indexes.
    """
    expected = _last_seen.get(using, as_of)
    for _attempt in range(3):
        sql = TABLES[slug].moments.format(lo="%(lo)s::timestamptz", hi="%(hi)s::timestamptz")
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
            sql, params = table.definition(row[0])
            columns, name = ", ".join(table.columns), table.model._meta.db_table
            cursor.execute(
                f"""
                with live as materialized (select {columns} from ({sql}) d)
                (select {table.key}, 'is not what the live query gives' from
                    (select {columns} from {name} except all select {columns} from live) more)
                union all
                (select {table.key}, 'is missing or otherwise' from
                    (select {columns} from live except all select {columns} from {name}) less)
                limit {most:d}
                """,
                params,
            )
            found += [f"{table.slug}: the row of {table.key} {key} {what}" for key, what in cursor.fetchall()]
    return found
