"""The day's numbers of findings: totals added up, and kept by day for the overview's lines."""

from __future__ import annotations

from datetime import date

from django.db import connection


def add_up_totals(reports: list[str]) -> None:
    """One row of totals for each report, merchant and state, in place of one a statement. Two at once do no harm."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with several as (
                select report, merchant_id, state, currency from inventory_ops_findingtotal
                where report = any(%(reports)s) group by 1, 2, 3, 4 having count(*) > 1 or sum(count) = 0
            ),
            gone as (
                delete from inventory_ops_findingtotal t using several s
                where t.report = s.report and t.merchant_id is not distinct from s.merchant_id and t.state = s.state
                    and t.currency = s.currency
                returning t.*
            )
            insert into inventory_ops_findingtotal (report, merchant_id, state, currency, count, value)
            select report, merchant_id, state, currency, sum(count), sum(value) from gone
            group by 1, 2, 3, 4 having sum(count) <> 0 or sum(value) <> 0
            """,
            {"reports": reports},
        )


# in the shop's currency; NULL where a rate is missing
WORTH = """case when bool_and(coalesce(t.value, 0) = 0 or f.factor is not null)
    then round(coalesce(sum(t.value * coalesce(f.factor, 0)), 0), 4) end"""


def record_days(*, day: date, reports: list[str]) -> None:
    """Keep the day's number of unresolved findings and their value in the shop's currency: of all merchants, and of
    each."""
    add_up_totals(reports)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            insert into inventory_ops_reportday as d (report, merchant_id, day, open_count, value)
            select r.report, null, %(day)s, coalesce(sum(t.count), 0), {WORTH}
            from unnest(%(reports)s::text[]) r (report)
            left join inventory_ops_findingtotal t on t.report = r.report and t.merchant_id is null
                and t.state in ('open', 'acknowledged')
            left join inventory_ops_currencyfactor f on f.currency = t.currency
            group by r.report
            union all
            select report, merchant_id, %(day)s, sum(count), {WORTH} from inventory_ops_findingtotal t
            left join inventory_ops_currencyfactor f on f.currency = t.currency
            where report = any(%(reports)s) and merchant_id is not null and state in ('open', 'acknowledged')
            group by report, merchant_id having sum(count) > 0
            on conflict (report, merchant_id, day) do update
            set open_count = excluded.open_count, value = excluded.value
            where (d.open_count, d.value) is distinct from (excluded.open_count, excluded.value)
            """,
            {"day": day, "reports": reports},
        )
        # merchants whose last finding of the day went away
        cursor.execute(
            """
            update inventory_ops_reportday d set open_count = 0, value = 0
            where d.day = %(day)s and d.merchant_id is not null and d.open_count > 0 and d.report = any(%(reports)s)
              and not exists (select 1 from inventory_ops_finding f where f.report = d.report
                and f.merchant_id = d.merchant_id and f.state in ('open', 'acknowledged'))
            """,
            {"day": day, "reports": reports},
        )
