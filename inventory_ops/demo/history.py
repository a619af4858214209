"""Gives the demo's findings an age, so that the overview shows a month of history from its first minute."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from inventory_ops.operations.orders import recovered

DAYS = 45


def contact_customers(*, now: datetime) -> None:
    """Operations were in touch about some carts, and some of the customers bought the goods by another order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into inventory_ops_cartcontact (order_id, at, by_id, how, note)
            select o.id, o.last_activity_at + interval '1 day', u.id,
                (array['email', 'phone', 'campaign'])[o.id %% 3 + 1],
                case o.id %% 3 when 1 then 'Waits for the end of the month' else '' end
            from inventory_ops_order o, inventory_ops_user u
            where o.status = 1 and o.customer_email <> '' and abs(hashtext(o.number)) %% 4 = 0
                and o.last_activity_at < %(now)s - interval '2 days' and u.email = 'ops@example.com'
            """,
            {"now": now},
        )
        # an order of the same goods, placed within the days after, is given to the customer of the cart
        cursor.execute(
            """
            with pair as (
                select distinct on (c.id) c.customer_email, p.id
                from inventory_ops_order c
                join inventory_ops_orderitem i on i.order_id = c.id
                join inventory_ops_orderitem b on b.product_id = i.product_id and b.status > 1
                    and b.cancelled_quantity < b.quantity
                join inventory_ops_order p on p.id = b.order_id and p.placed_at > c.last_activity_at
                    and p.placed_at < c.last_activity_at + interval '6 days' and p.currency = c.currency
                where c.status = 1 and c.customer_email <> '' and abs(hashtext(c.number)) % 6 = 0
                order by c.id, p.placed_at)
            update inventory_ops_order o set customer_email = pair.customer_email from pair where pair.id = o.id
            """
        )
    recovered.find(as_of=now, of="select upper(customer_email) from inventory_ops_order where status = 1")


def age_findings(*, now: datetime) -> None:
    """Spread the first sight of every finding over the past weeks, by a hash of its key (of a cart after it was left,
    of an order after it was placed), and count each day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update inventory_ops_finding set first_seen_at = a.at, opened_at = a.at, last_seen_at = %(now)s
            from (
                select id, %(now)s - (power(abs(hashtext(report || key)) %% 1000 / 1000.0, 2) * %(days)s + 0.01)
                    * interval '1 day' as at from inventory_ops_finding
            ) a where a.id = inventory_ops_finding.id
            """,
            {"now": now, "days": DAYS},
        )
        cursor.execute(
            """
            update inventory_ops_finding f set first_seen_at = a.at, opened_at = a.at
            from (
                select id, least(last_activity_at + interval '1 hour', %(now)s) as at from inventory_ops_order
                where status = 1
            ) a where f.report = 'abandoned-checkouts' and f.row_id = a.id and f.first_seen_at < a.at;
            update inventory_ops_finding f set first_seen_at = a.at, opened_at = a.at
            from (
                select id, least(ordered_at + interval '1 hour', %(now)s) as at from inventory_ops_orderitem
            ) a where f.report = 'order-cost-issues' and f.row_id = a.id and f.first_seen_at < a.at
            """,
            {"now": now},
        )
        cursor.execute(
            """
            insert into inventory_ops_reportday (report, merchant_id, day, open_count, value)
            select f.report, f.merchant_id, d.day, count(*), sum(f.value * inventory_ops_factor_of(f.currency))
            from generate_series(%(now)s::date - 31, %(now)s::date - 1, interval '1 day') d (day)
            -- some of what was open then has been resolved since, so the past is not just a part of today
            join inventory_ops_finding f on f.first_seen_at < d.day + interval '1 day'
                or abs(hashtext(f.key || d.day::date)) %% 12 = 0
            group by grouping sets ((f.report, d.day), (f.report, d.day, f.merchant_id))
            having grouping(f.merchant_id) = 1 or f.merchant_id is not null
            on conflict do nothing
            """,
            {"now": now},
        )
