"""Trackers of the demo."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from trackers.operations import health


def seed(now: datetime) -> None:
    """About one tracker for every third product, in all three mechanisms; nothing if there are any."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into trackers_tracker (merchant_id, product_id, inventory_type_id, mechanism, quantity,
                lookback_days, coverage_days, expiry_days, is_enabled, created_at, updated_at, health, state, sold,
                actual_days, not_counted, alerted_state)
            select p.merchant_id, p.id, t.id, r.mechanism, r.quantity, r.lookback, r.coverage, r.expiry, true, %(now)s,
                %(now)s, 0, 'no_data', 0, 0, 0, ''
            from inventory_ops_product p
            join inventory_ops_inventorytype t on t.code = 'good'
            join lateral (values
                (0, 'stock_quantity', 20 + (p.id %% 9)::int * 10, null::int, null::int,
                    case when p.id %% 4 = 0 then 14 end),
                (1, 'turnover_days', null, 30, 7 + (p.id %% 3)::int * 7, case when p.id %% 5 = 0 then 14 end),
                (2, 'stalled_days', 5, 90, null, null)
            ) r (n, mechanism, quantity, lookback, coverage, expiry) on r.n = p.id %% 9
            where not exists (select from trackers_tracker)
            """,
            {"now": now},
        )
    health.evaluate_all(now)
