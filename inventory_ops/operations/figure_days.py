"""The day's figures of reports without a window, kept so that lists can say how they were a week before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, F, Value

from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.reports import Report

KEPT = timedelta(days=35)

# one row a merchant and figure, and one of all merchants; a merchant whose last row went away has none of the day
RECORD = """
with counted as materialized ({rows}), every as (
    select k_merchant::bigint as merchant, key, sum(value)::bigint as value
    from counted cross join lateral (values {figures}) f (key, value)
    group by grouping sets ((k_merchant, key), (key)) having grouping(k_merchant) = 1 or k_merchant is not null
), gone as (
    delete from inventory_ops_reportfigure d where d.report = %s and (d.day < %s or (d.day = %s
        -- one hash of them all: compared one by one, thousands of merchants take seconds
        and (d.key, coalesce(d.merchant_id, 0)) not in (select key, coalesce(merchant, 0) from every)))
)
insert into inventory_ops_reportfigure as d (report, merchant_id, day, key, value)
select %s, merchant, %s, key, value from every
on conflict (report, day, key, merchant_id) do update set value = excluded.value where d.value <> excluded.value
"""


def record(report: Report, *, as_of: datetime) -> None:
    """Keep the counts above the list as they are now, under its default filters; money is kept by `record_days`."""
    kpis = [kpi for kpi in report.kpis if not kpi.money and not kpi.expression.distinct]
    if not report.keeps_figures or not kpis:
        return
    rows = report.select({}, viewer=None, as_of=as_of).rows.order_by()
    merchant: Any = F(report.merchant_path) if report.merchant_path else Value(None, output_field=BigIntegerField())
    counted = rows.values(k_merchant=merchant).annotate(**{f"k_{kpi.key}": kpi.expression for kpi in kpis})
    sql, params = sql_of(counted)
    figures = ", ".join(f"('{kpi.key}', k_{kpi.key}::bigint)" for kpi in kpis)
    day = as_of.date()
    with connection.cursor() as cursor:
        given: list[Any] = [report.slug, day - KEPT, day, report.slug, day]
        cursor.execute(RECORD.format(rows=sql, figures=figures), [*params, *given])
