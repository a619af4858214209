"""Which findings rules are about, and which rule decides; as SQL for the scan and as rows for the dry run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from inventory_ops.models import AutomationRule

DRY_DAYS = timedelta(days=30)
DRY_ROWS = 20

# of a finding f, by what its report's rows are; carts have no brand
BRAND = {
    "product": "(select p.brand_name from inventory_ops_product p where p.id = f.row_id)",
    "item": """(select p.brand_name from inventory_ops_orderitemkey i
        join inventory_ops_product p on p.id = i.product_id where i.id = f.row_id)""",
}


def meets(about: str, rule: str = "r") -> str:
    """SQL: is the rule about the finding f?"""
    brand = BRAND.get(about, "null")
    return f"""{rule}.report = f.report
        and ({rule}.merchant_id is null or {rule}.merchant_id = f.merchant_id)
        and ({rule}.brand = '' or upper({rule}.brand) = upper({brand}))"""


@dataclass(frozen=True, slots=True)
class Met:
    """An opening that a rule would have met. `first`: names of rules that go first over its owner or its snoozing."""

    finding_id: int
    label: str
    key: str
    vendor: str
    opened_at: datetime
    first: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a rule would have met since `since`: how many openings, and the newest of them."""

    since: datetime
    count: int = 0
    rows: Sequence[Met] = ()


# the rule need not be stored: its values are given
DRY = """
with r as (
    select %(id)s::bigint as id, %(position)s::bigint as position, %(report)s::text as report,
        %(merchant)s::bigint as merchant_id, %(brand)s::text as brand, %(assigns)s::boolean as assigns,
        %(snoozes)s::boolean as snoozes
), met as materialized (
    select f.id, f.label, f.key, f.report, f.row_id, f.merchant_id, e.at
    from r join inventory_ops_finding f on f.report = r.report
    join inventory_ops_findingevent e on e.finding_id = f.id and e.kind in ('opened', 'reopened')
        and e.at > %(since)s and e.at <= %(now)s
    where {meets}
)
select (select count(*) from met), f.id, f.label, f.key, coalesce(m.vendor_number, ''), f.at,
    coalesce((select string_agg(o.name, ', ' order by o.position) from inventory_ops_automationrule o, r
        where o.is_enabled and o.id is distinct from r.id and o.position < r.position and {others}
          and ((r.assigns and o.assign_to_id is not null) or (r.snoozes and o.snooze_days is not null))), '')
from met f left join inventory_ops_merchant m on m.id = f.merchant_id
order by f.at desc, f.id desc limit %(most)s
"""


def dry_run(rule: AutomationRule, *, about: str, now: datetime) -> DryRun:
    """What a rule, stored or not, would have met in the last 30 days."""
    since = now - DRY_DAYS
    sql = DRY.replace("{meets}", meets(about)).replace("{others}", meets(about, "o"))
    values: dict[str, Any] = {
        "id": rule.pk,
        "position": rule.position if rule.position is not None else 2**31,
        "report": rule.report,
        "merchant": rule.merchant_id,
        "brand": rule.brand,
        "assigns": rule.assign_to_id is not None,
        "snoozes": rule.snooze_days is not None,
        "since": since,
        "now": now,
        "most": DRY_ROWS,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return DryRun(since, rows[0][0] if rows else 0, [Met(*row[1:]) for row in rows])


def overlapping(rules: Sequence[AutomationRule]) -> dict[int, list[str]]:
    """Of rules in their order: names of enabled ones before each that may decide over the same finding."""
    found: dict[int, list[str]] = {}
    for index, rule in enumerate(rules):
        found[rule.pk] = [before.name for before in rules[:index] if _conflict(before, rule)]
    return found


def _conflict(one: AutomationRule, other: AutomationRule) -> bool:
    both = (one.assign_to_id and other.assign_to_id) or (one.snooze_days and other.snooze_days)
    return bool(
        both
        and one.is_enabled
        and other.is_enabled
        and one.report == other.report
        and (not one.merchant_id or not other.merchant_id or one.merchant_id == other.merchant_id)
        and (not one.brand or not other.brand or one.brand.upper() == other.brand.upper())
    )
