"""Lines of what is on statements already, so that closed ones keep their balance and are proved like new ones.

An order that arrived after its period was closed is on no statement: a pair of adjustments on the closed statement and
on the open one pays it. There is no way back but the tables' own.
"""

from django.db import migrations

TRANSACTIONS = """
insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, transaction_id, sequence, quantity,
    unit_amount, amount, occurred_at, recorded_at)
select statement_id, merchant_id, currency, type, id, 1, 1, abs(amount), amount, created_at, created_at
from lost_damaged_sellertransaction order by id
"""
ITEMS = """
insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, order_item_id, sequence, quantity,
    unit_amount, amount, occurred_at, recorded_at)
select s.id, i.merchant_id, o.currency, k.kind, i.id, 1, i.quantity_shipped, k.unit_amount,
       k.sign * round(i.quantity_shipped * k.unit_amount, lost_damaged_minor_units(o.currency)), i.shipped_at, s.ends_at
from lost_damaged_statement s
join inventory_ops_product p on p.merchant_id = s.merchant_id
join inventory_ops_orderitem i on i.product_id = p.id and i.quantity_shipped > 0 and i.merchant_id = s.merchant_id
    and i.shipped_at >= s.starts_at and i.shipped_at < s.ends_at
join inventory_ops_order o on o.id = i.order_id and o.currency = s.currency
cross join lateral (values ('order', i.unit_price, 1), ('fee', i.commission, -1)) k (kind, unit_amount, sign)
where s.state = 'closed' and (k.kind = 'order' or k.unit_amount <> 0)
order by s.id, i.shipped_at, i.id
"""
# what the closed statement said less what its lines make: here, and the other way round on the open one
ADJUSTMENTS = """
with missed as (
    select s.id, s.merchant_id, s.currency, s.ends_at,
           s.orders_amount + s.fees_amount
               - coalesce((select sum(l.amount) from lost_damaged_statementline l
                           where l.statement_id = s.id and l.kind in ('order', 'fee')), 0) as amount
    from lost_damaged_statement s where s.state = 'closed'
), pair as (
    select nextval('lost_damaged_adjustment_id_seq') as id, p.statement_id, m.merchant_id, m.currency, p.amount,
           p.occurred_at, m.id as closed_id
    from missed m
    cross join lateral (
        select m.id, m.amount, m.ends_at - interval '1 microsecond'
        union all
        select o.id, -m.amount, now() from lost_damaged_statement o
        where o.merchant_id = m.merchant_id and o.currency = m.currency and o.state = 'open'
    ) p (statement_id, amount, occurred_at)
    where m.amount <> 0
), adjusted as (
    insert into lost_damaged_adjustment (id, number, merchant_id, currency, amount, reason, requested_by, approved_by,
        created_at)
    select p.id, 'AD-' || p.id, p.merchant_id, p.currency, p.amount,
           'Orders that statement ' || s.number || ' missed, or rounded together', '', '', now()
    from pair p join lost_damaged_statement s on s.id = p.closed_id
)
insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, adjustment_id, sequence, quantity,
    unit_amount, amount, occurred_at, recorded_at)
select statement_id, merchant_id, currency, 'adjustment', id, 1, 1, null, amount, occurred_at, now() from pair
"""
SUMS = """
update lost_damaged_statement s set
    orders_amount = coalesce(t.orders, 0), orders_count = coalesce(t.orders_count, 0),
    fees_amount = coalesce(t.fees, 0), fees_count = coalesce(t.fees_count, 0), refunds_amount = 0, refunds_count = 0,
    fee_refunds_amount = 0, fee_refunds_count = 0, adjustments_amount = coalesce(t.adjustments, 0),
    adjustments_count = coalesce(t.adjustments_count, 0), lines_digest = coalesce(t.digest, 0), closed_at = s.ends_at
from lost_damaged_statement x left join (
    select statement_id, sum(amount) filter (where kind = 'order') as orders,
           count(*) filter (where kind = 'order') as orders_count,
           sum(amount) filter (where kind = 'fee') as fees, count(*) filter (where kind = 'fee') as fees_count,
           sum(amount) filter (where kind = 'adjustment') as adjustments,
           count(*) filter (where kind = 'adjustment') as adjustments_count,
           sum(hash_record_extended(row(l.id, l.kind, coalesce(l.order_item_id, 0), coalesce(l.transaction_id, 0),
               coalesce(l.adjustment_id, 0), l.sequence, l.quantity, l.amount, l.occurred_at), 0)) as digest
    from lost_damaged_statementline l group by 1) t on t.statement_id = x.id
where x.id = s.id and s.state = 'closed'
"""
OFF = "alter table lost_damaged_statement disable trigger user"
ON = "set constraints all immediate; alter table lost_damaged_statement enable trigger user"


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0007_statement_lines")]

    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (OFF, TRANSACTIONS, ITEMS, ADJUSTMENTS, SUMS, ON)
    ]
