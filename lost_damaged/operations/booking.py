"""The statements that write units off: what `judging` let through is numbered, inserted, credited and counted.

`ld_booked` is what was inserted, `ld_result` what to answer of each row of `ld_item`.
"""

from __future__ import annotations

from lost_damaged.operations.judging import CHECKED_ONE

# What is going to be booked, numbered before it is inserted: no statement after this one has to look anything up.
# In the order of the keys, so that two bookings of the same units never wait for each other in a circle.
NUMBER = """
create temp table ld_booked on commit drop as
select nextval('lost_damaged_writeoff_id_seq') as id,
       nextval('lost_damaged_sellertransaction_id_seq') as transaction_id,
       'LD-' || %(year)s || '-' || lpad(n, greatest(6, length(n)), '0') as number, c.*
from (select c.*, nextval('lost_damaged_number_seq')::text as n from pg_temp.ld_checked c
      where is_new and problem is null and waits is null order by uid_key) c
"""
NUMBER_NONE = "create temp table ld_booked (id bigint, uid_key text) on commit drop"

# What is written of units that were numbered: many at once, and a single one. `b` are the units.
_WRITE_OFFS = """
insert into lost_damaged_writeoff (id, number, merchant_id, product_id, order_item_id, uid, uid_key, status, reason,
    source, import_id, actor, created_at)
select b.id, b.number, b.merchant_id, b.product_id, b.order_item_id, b.uid, b.uid_key, 'written-off', %(reason)s::text,
       %(source)s::text, %(import)s::uuid, %(actor)s::text, %(now)s::timestamptz
from {units}
on conflict (uid_key) do nothing
"""
_CREDITS = """
insert into lost_damaged_sellertransaction (id, number, write_off_id, merchant_id, type, amount, currency,
    minor_units, formula, unit_price, commission_amount, price, special_price, special_used,
    commission_percent, commission_category, factor, raw_amount, warnings, note, actor, created_at)
select b.transaction_id, b.number, b.id, b.merchant_id, 'credit', b.amount, b.currency, b.digits,
       case when b.order_item_id is null then 'product' else 'order_item' end, b.unit_price, b.commission_amount,
       b.price, b.special_price, b.special_used, b.commission_percent, b.commission_category, b.factor,
       b.raw_amount, to_jsonb(b.warnings), '', %(actor)s::text, %(now)s::timestamptz
from {units}
"""
_LINES = """
insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, transaction_id, sequence, quantity,
    unit_amount, amount, occurred_at, recorded_at)
select {statement}, b.merchant_id, b.currency, 'credit', b.transaction_id, 1, 1, b.amount, b.amount,
       %(now)s::timestamptz, now()
from {units}
"""
_ENTRIES = """
insert into lost_damaged_ledgerentry (transaction_id, account, debit, credit)
select b.transaction_id, side.account, side.debit * b.amount, side.credit * b.amount
from {units} cross join (values ('expense', 1, 0), ('liability', 0, 1)) side(account, debit, credit)
where b.amount > 0
"""

INSERT_WRITE_OFFS = _WRITE_OFFS.format(units="pg_temp.ld_booked b order by b.uid_key")

# What one person booked alone, by hour: the caps per import and per day are judged by it. `b` are the units.
_SPENT = """
insert into lost_damaged_spending (user_id, currency, import_id, hour, slot, amount)
select %(person)s::bigint, b.currency, %(import)s::uuid, date_trunc('hour', %(now)s::timestamptz, 'UTC'),
       %(slot)s::integer, sum(b.amount)
from {units} where %(person)s::bigint is not null and b.amount > 0 group by b.currency
on conflict (user_id, currency, hour, import_id, slot)
do update set amount = lost_damaged_spending.amount + excluded.amount
"""
INSERT_SPENT = _SPENT.format(units="pg_temp.ld_booked b")

# Units above a limit are kept for a second person. One that waits already stays as it is.
INSERT_WAITING = """
insert into lost_damaged_waitingunit (merchant_id, product_id, sku, uid, uid_key, shop_item_id, reason, source,
    import_id, currency, amount, why, state, problem, note, requested_by_id, requested_at)
select merchant_id, product_id, sku, uid, uid_key, shop_item_id, %(reason)s::text, %(source)s::text, %(import)s::uuid,
       currency, amount, waits, 'waiting', '', '', %(person)s::bigint, %(now)s::timestamptz
from pg_temp.ld_checked where waits is not null and waits <> 'waiting' order by uid_key
on conflict (uid_key) where state = 'waiting' do nothing
"""

# Those that a rival was faster with.
DROP_LOST = """
delete from pg_temp.ld_booked b where not exists (select from lost_damaged_writeoff w where w.id = b.id)
"""

OPEN_STATEMENTS = """
insert into lost_damaged_statement (number, merchant_id, currency, state, starts_at, opening_amount, paid_amount,
    closed_by)
select lost_damaged_number('ST', 'lost_damaged_statement_seq'), m.id, m.currency, 'open',
       coalesce((select min(s.starts_at) from lost_damaged_statement s where s.merchant_id = m.id),
                date_trunc('month', %(now)s at time zone m.timezone) at time zone m.timezone), 0, 0, ''
from inventory_ops_merchant m
where m.id in (select merchant_id from {sellers})
  and not exists (select from lost_damaged_statement s
                  where s.merchant_id = m.id and s.currency = m.currency and s.state = 'open')
order by lost_damaged_books_lock(m.id), m.id on conflict do nothing
"""

LOCK_STATEMENTS = """
select s.merchant_id from lost_damaged_statement s
join inventory_ops_merchant m on m.id = s.merchant_id and m.currency = s.currency
where s.state = 'open' and m.id in (select merchant_id from {sellers}) order by s.id for share of s
"""

_WITH_STATEMENTS = """pg_temp.ld_booked b
join lost_damaged_statement s on s.merchant_id = b.merchant_id and s.currency = b.currency and s.state = 'open'
order by b.id"""
INSERT_TRANSACTIONS = f"""
with credited as ({_CREDITS.format(units="pg_temp.ld_booked b order by b.id")}),
lined as ({_LINES.format(statement="s.id", units=_WITH_STATEMENTS)})
{_ENTRIES.format(units="pg_temp.ld_booked b")} order by b.transaction_id
"""

# What was not booked is looked up after the insert: whoever lost a race for a UID is compared with the winner here.
RESULT_OF_BOOKED = """
create temp table ld_result on commit drop as
select position, uid, uid_key, merchant_id, product_id, 'booked' as state, null::text as problem, number, amount,
       currency, to_jsonb(warnings) as warnings
from pg_temp.ld_booked
"""
RESULT_OF_OTHERS = """
select c.position, c.uid, c.uid_key, c.merchant_id, c.product_id,
       case when c.problem = 'twice' then 'error'
            when w.id is not null and same.data and debit.id is null then 'repeat'
            when w.id is not null or c.problem is not null then 'error'
            when q.id is not null then 'waits'
            when not c.is_first then 'repeat'
            else 'ready' end as state,
       case when c.problem = 'twice' then 'twice'
            when w.id is not null and debit.id is not null then 'reversed'
            when w.id is not null and not same.data then 'conflict'
            when w.id is null then coalesce(c.problem, case when q.id is not null then q.why end) end as problem,
       coalesce(w.number, '') as number,
       case when w.id is null then c.amount else credit.amount end as amount,
       coalesce(credit.currency, c.currency, '') as currency,
       case when w.id is null then to_jsonb(array_remove(c.warnings || c.waits, null))
            else coalesce(credit.warnings, '[]'::jsonb) end as warnings
from (select c.* from pg_temp.ld_checked c
      where not c.is_first or not exists (select from pg_temp.ld_booked b where b.uid_key = c.uid_key)) c
left join lost_damaged_writeoff w on w.uid_key = c.uid_key
left join lost_damaged_waitingunit q on q.uid_key = c.uid_key and q.state = 'waiting'
left join inventory_ops_product p on p.id = w.product_id
left join inventory_ops_orderitemkey o on o.id = w.order_item_id
left join lost_damaged_sellertransaction credit on credit.write_off_id = w.id and credit.type = 'credit'
left join lost_damaged_sellertransaction debit on debit.write_off_id = w.id and debit.type = 'debit'
cross join lateral (select p.sku = c.sku and o.shop_item_id is not distinct from c.shop_item_id as data) same
"""
RESULT = f"create temp table ld_result on commit drop as {RESULT_OF_OTHERS}"
ADD_RESULT = f"insert into pg_temp.ld_result {RESULT_OF_OTHERS}"

# One unit in one statement, which the server keeps the plan of. It books what nothing stands in the way of, and answers
# no row otherwise: a problem, a UID that is known, a seller without an open statement, or a product whose price is
# being changed right now. All of those are for the statements above, which wait and look again.
BOOK_ONE = (
    CHECKED_ONE
    + """,
held as (
    select s.id as statement_id, s.merchant_id, s.currency from lost_damaged_statement s
    join checked c on c.merchant_id = s.merchant_id and c.currency = s.currency
    where s.state = 'open' and c.is_new and c.problem is null and c.waits is null for share of s
),
booked as materialized (
    select nextval('lost_damaged_writeoff_id_seq') as id,
           nextval('lost_damaged_sellertransaction_id_seq') as transaction_id,
           'LD-' || %(year)s::text || '-' || lpad(n, greatest(6, length(n)), '0') as number, c.*
    from (select c.*, h.statement_id, nextval('lost_damaged_number_seq')::text as n
          from checked c join held h on h.merchant_id = c.merchant_id and h.currency = c.currency) c
),
"""
    + f"""
written as ({_WRITE_OFFS.format(units="booked b")} returning id),
credited as ({_CREDITS.format(units="booked b join written w on w.id = b.id")}),
lined as ({_LINES.format(statement="b.statement_id", units="booked b join written w on w.id = b.id")}),
entered as ({_ENTRIES.format(units="booked b join written w on w.id = b.id")}),
spent_now as ({_SPENT.format(units="booked b join written w on w.id = b.id")})
select b.uid, b.number, b.amount, b.currency, to_jsonb(b.warnings), b.merchant_id,
       case when b.order_item_id is null then b.product_id end
from booked b join written w on w.id = b.id
"""
)

# The write-off that an identical repeat is answered with; no row for anything else.
KNOWN_ONE = """
select w.number, t.amount, t.currency, t.warnings, w.merchant_id
from lost_damaged_writeoff w
join inventory_ops_product p on p.id = w.product_id
left join inventory_ops_orderitemkey o on o.id = w.order_item_id
join lost_damaged_sellertransaction t on t.write_off_id = w.id and t.type = 'credit'
where w.uid_key = %(uid_key)s::text and p.sku = %(sku)s::text
  and o.shop_item_id is not distinct from %(shop_item_id)s::text
  and not exists (select from lost_damaged_sellertransaction d where d.write_off_id = w.id and d.type = 'debit')
"""

INSERT_REVERSAL = """
with debited as (
    insert into lost_damaged_sellertransaction (number, write_off_id, merchant_id, type, reverses_id, amount, currency,
        minor_units, formula, unit_price, commission_amount, price, special_price, special_used,
        commission_percent, commission_category, factor, raw_amount, warnings, note, actor, created_at)
    select lost_damaged_number('LD', 'lost_damaged_number_seq'), t.write_off_id, t.merchant_id, 'debit', t.id,
           -t.amount, t.currency, t.minor_units, t.formula, t.unit_price, t.commission_amount, t.price, t.special_price,
           t.special_used, t.commission_percent, t.commission_category, t.factor, t.raw_amount, '[]', %(note)s,
           %(actor)s, %(now)s
    from lost_damaged_sellertransaction t where t.id = %(credit)s
    returning id, merchant_id, currency, -amount as amount, created_at
), lined as (
    insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, transaction_id, sequence,
        quantity, unit_amount, amount, occurred_at, recorded_at)
    select s.id, d.merchant_id, d.currency, 'debit', d.id, 1, 1, d.amount, -d.amount, d.created_at, now()
    from debited d
    join lost_damaged_statement s on s.merchant_id = d.merchant_id and s.currency = d.currency and s.state = 'open'
)
insert into lost_damaged_ledgerentry (transaction_id, account, debit, credit)
select d.id, side.account, side.debit * d.amount, side.credit * d.amount
from debited d cross join (values ('liability', 1, 0), ('expense', 0, 1)) side(account, debit, credit)
where d.amount > 0
"""
