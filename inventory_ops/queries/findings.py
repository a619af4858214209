"""Reads of findings: the key of a report's row, counts for menu and dashboard, freshness of the scans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import CharField, F, Q, Sum, Value
from django.db.models.functions import Cast, Concat

from inventory_ops.kit.reports import Report, registry
from inventory_ops.models import Finding, FindingTotal, OrderItem, OrderItemKey, Product, ReportDay, User

SHOWN = 20  # findings on the page of their product
COUNTED = (Finding.State.OPEN, Finding.State.ACKNOWLEDGED)


def identity_key(report: Report) -> Any:
    """The key of a report's rows as an expression: their identity, joined by colons."""
    parts: list[Any] = []
    for name in report.identity:
        parts += [Value(":"), Cast(F(name), CharField())]
    return Concat(*parts[1:], output_field=CharField()) if len(parts) > 2 else parts[1]


def product_ids(found: Iterable[Finding]) -> list[int]:
    """The products that findings are about, of their own or of their order's item; carts are about none."""
    by_subject: dict[str, list[int]] = {}
    for finding in found:
        report = registry.find(finding.report)
        if finding.row_id is not None:
            by_subject.setdefault(getattr(report, "about", ""), []).append(finding.row_id)
    items = OrderItemKey.objects.filter(pk__in=by_subject.get("item", ())).values_list("product_id", flat=True)
    return sorted({*by_subject.get("product", ()), *items})


def of_product(product: Product, *, viewer: User) -> list[Finding]:
    """Findings of a product and of its order items that wait for somebody, the most money first."""
    items: list[str] = []
    products: list[str] = []
    for report in registry:
        about = getattr(report, "about", "")
        if report.allows(viewer) and about in ("item", "product"):
            (items if about == "item" else products).append(report.slug)
    found = Finding.objects.visible_to(viewer).unresolved().filter(merchant=product.merchant_id)
    of_items = OrderItem.objects.filter(product=product).values("pk")
    rows = found.filter(Q(report__in=products, row_id=product.pk) | Q(report__in=items, row_id__in=of_items))
    return list(rows.select_related("assignee").order_by("-value", "pk")[:SHOWN])


@dataclass(frozen=True, slots=True)
class Totals:
    """Findings of one report that wait for somebody: how many, and the money they are about, by currency."""

    count: int
    values: Mapping[str, Decimal]


def totals(*, viewer: User | None) -> dict[str, Totals]:
    """Open and acknowledged findings by report slug."""
    rows = FindingTotal.objects.visible_to(viewer).filter(state__in=COUNTED).values("report", "currency")
    counts: dict[str, int] = {}
    values: dict[str, dict[str, Decimal]] = {}
    for row in rows.annotate(n=Sum("count"), total=Sum("value")).filter(n__gt=0):
        counts[row["report"]] = counts.get(row["report"], 0) + row["n"]
        values.setdefault(row["report"], {})[row["currency"]] = row["total"]
    return {report: Totals(count, values[report]) for report, count in counts.items()}


def history(*, viewer: User | None, since: date) -> dict[str, dict[date, int]]:
    """Findings at the end of each day since `since`, by report slug."""
    days = ReportDay.objects.filter(day__gte=since)
    if viewer is None or viewer.sees_all_merchants:
        days = days.filter(merchant__isnull=True)
    else:
        days = days.filter(merchant_id=viewer.own_merchant_id)
    result: dict[str, dict[date, int]] = {}
    for slug, day, count in days.values_list("report", "day", "open_count"):
        result.setdefault(slug, {})[day] = count
    return result


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a scan's results are. `state`: ok, late, failed or never."""

    state: str
    last_at: datetime | None = None
    next_at: datetime | None = None
    error: str = ""


# one row a scan; `names` are those to tell of, NULL = all that were ever scheduled or run
LAST_RUNS = """
select n.name, max(r.finished_at) filter (where r.state = 'done') as done_at,
       max(r.finished_at) filter (where r.state = 'failed') as failed_at, s.every, s.next_at, s.is_enabled
from (select name from inventory_ops_scanschedule union select name from inventory_ops_scanrun
      union select unnest(%(names)s::text[])) n
left join inventory_ops_scanrun r on r.name = n.name
left join inventory_ops_scanschedule s on s.name = n.name
where %(names)s::text[] is null or n.name = any(%(names)s)
group by n.name, s.every, s.next_at, s.is_enabled
"""


def freshness(*, now: datetime, names: Sequence[str] | None = None) -> dict[str, Freshness]:
    """Freshness of each scan (default: all that were ever scheduled or run), in one query."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_RUNS, {"names": list(names) if names is not None else None})
        return {name: freshness_of(*runs, now=now) for name, *runs in cursor.fetchall()}


def freshness_of(
    done_at: datetime | None,
    failed_at: datetime | None,
    every: timedelta | None,
    next_at: datetime | None,
    is_enabled: bool | None,
    *,
    now: datetime,
) -> Freshness:
    """A row of LAST_RUNS after the name, judged."""
    if failed_at and (done_at is None or failed_at > done_at):
        state = "failed"
    elif done_at is None:
        state = "never"
    elif is_enabled and every and now - done_at > 2 * every + timedelta(minutes=1):
        state = "late"
    else:
        state = "ok"
    return Freshness(state=state, last_at=done_at, next_at=next_at if is_enabled else None)


def total_differences(*, most: int) -> list[str]:
    """Kept numbers of findings that are not what is counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select report, merchant, state, coalesce(k.count, 0), coalesce(c.count, 0)
            from (select report, coalesce(merchant_id, 0) as merchant, state, currency, sum(count) as count,
                         sum(value) as value
                  from inventory_ops_findingtotal group by 1, 2, 3, 4) k
            full join (
                select report, coalesce(merchant_id, 0) as merchant, state, currency, count(*) as count,
                       sum(value) as value
                from inventory_ops_finding
                group by grouping sets ((report, state, currency), (report, state, currency, merchant_id))
                having grouping(merchant_id) = 1 or merchant_id is not null
            ) c using (report, merchant, state, currency)
            where (coalesce(k.count, 0), coalesce(k.value, 0)) <> (coalesce(c.count, 0), coalesce(c.value, 0))
            limit %s
            """,
            [most],
        )
        return [
            f"findings of {report}, merchant {merchant or 'any'}, {state}: kept {kept}, counted {counted}"
            for report, merchant, state, kept, counted in cursor.fetchall()
        ]
