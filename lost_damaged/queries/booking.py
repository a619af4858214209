"""The statements that write units off, all over the temporary table `ld_item`: its rows are what is asked for.

`ld_checked` holds each row with its product, price and amount, or with the problem that stops it; `ld_booked` what
was inserted; `ld_result` what to answer. Parameters are the moment, the digits of each currency and the settings.
"""

from __future__ import annotations

import json
from functools import cache

from iso4217 import Currency

ITEM_COLUMNS = ("position", "sku", "uid", "uid_key", "shop_item_id")
TABLES = ("ld_item", "ld_checked", "ld_booked", "ld_result")

CREATE = """
create temp table ld_item (
    position bigint not null, sku text not null, uid text not null, uid_key text not null, shop_item_id bigint
) on commit drop
"""


@cache
def digits_json() -> str:
    """{currency: digits of its minor unit}; currencies without one are left out."""
    return json.dumps({each.code: int(each.exponent) for each in Currency if each.exponent is not None})


# Rivals that change prices wait until the rows are booked, so that the price is the one of that moment.
LOCK_PRODUCTS = """
select from inventory_ops_product where sku in (select sku from pg_temp.ld_item) order by id for share
"""

# Each item with its product, price and amount, or with the problem that stops it. Written once, for the temporary table
# of many items and for the statement that books one.
_CHECKED_PARTS = """
product as materialized (
    select p.id, p.sku, p.merchant_id, p.category_id, p.price, p.special_price,
           p.special_price is not null and (p.special_from is null or p.special_from <= %(now)s::timestamptz)
               and (p.special_to is null or p.special_to > %(now)s::timestamptz) as special_used,
           count(*) over (partition by p.sku) as owners
    from (select * from inventory_ops_product where sku in (select sku from {item}) {lock}) p
),
climb as (
    select c.id as start_id, c.parent_id, c.commission_percent, c.name, 0 as depth
    from inventory_ops_category c where c.id in (select category_id from product)
    union all
    select b.start_id, c.parent_id, c.commission_percent, c.name, b.depth + 1
    from climb b join inventory_ops_category c on c.id = b.parent_id
    where b.commission_percent is null and b.depth < 50
),
percent as materialized (
    select start_id, commission_percent, name from climb where commission_percent is not null
),
default_factor as (
    select factor from lost_damaged_factor where merchant_id is null and valid_from <= %(now)s::timestamptz
    order by valid_from desc, id desc limit 1
),
seller as materialized (
    select m.id, m.currency, (%(digits)s::jsonb ->> m.currency)::integer as digits,
           coalesce((select f.factor from lost_damaged_factor f
                     where f.merchant_id = m.id and f.valid_from <= %(now)s::timestamptz
                     order by f.valid_from desc, f.id desc limit 1),
                    m.write_off_factor, (select factor from default_factor), 1.0000) as factor
    from inventory_ops_merchant m where m.id in (select merchant_id from product)
),
found as (
    select i.*,
           row_number() over (partition by i.uid_key order by i.position) = 1 as is_first,
           min(i.sku) over same <> max(i.sku) over same
               or min(coalesce(i.shop_item_id, 0)) over same <> max(coalesce(i.shop_item_id, 0)) over same as differs,
           row_number() over (partition by i.shop_item_id order by i.position) as nth_of_order_item,
           s.sku is not null as sku_known,
           p.id as product_id, p.merchant_id, o.id as order_item_id, o.product_id as order_item_product_id,
           o.unit_price, o.quantity, o.quantity_shipped, od.currency as order_currency,
           case when o.id is null then p.price end as price,
           case when o.id is null then p.special_price end as special_price,
           o.id is null and coalesce(p.special_used, false) as special_used,
           case when o.id is null or o.commission is null then c.commission_percent end as commission_percent,
           case when o.id is null or o.commission is null then c.name end as commission_category,
           case when o.id is not null then
               coalesce(o.commission, round(o.unit_price * c.commission_percent * 0.01, 4)) end as commission_amount,
           m.currency, m.digits, m.factor
    from {item} i
    left join (select distinct sku from product) s on s.sku = i.sku
    left join inventory_ops_orderitem o on o.shop_item_id = i.shop_item_id
    left join inventory_ops_order od on od.id = o.order_id
    left join product p on p.sku = i.sku and (p.owners = 1 or p.id = o.product_id)
    left join percent c on c.start_id = p.category_id
    left join seller m on m.id = p.merchant_id
    window same as (partition by i.uid_key)
),
priced as (
    select f.*,
           case when order_item_id is not null then (unit_price - commission_amount) * factor
                else (case when special_used then least(price, special_price) else price end)
                     * (1 - commission_percent * 0.01) * factor end as raw_amount,
           case when differs then 'twice'
                when not sku_known then 'sku_unknown'
                when shop_item_id is not null and order_item_id is null then 'order_item_unknown'
                when order_item_id is not null and order_item_product_id is distinct from product_id
                    then 'order_item_of_other_product'
                when product_id is null then 'sku_ambiguous'
                when digits is null or (order_item_id is not null and order_currency <> currency) then 'currency'
                when commission_percent is null and commission_amount is null then 'no_percent'
                when {locked} then 'locked' end as problem
    from found f
)
"""
_CHECKED = """
select position, sku, uid, uid_key, shop_item_id, is_first, product_id, merchant_id, order_item_id, currency, digits,
       unit_price, commission_amount, price, special_price, special_used, commission_percent,
       coalesce(commission_category, '') as commission_category, factor, raw_amount,
       round(greatest(raw_amount, 0), digits) as amount,
       array_remove(array[
           case when raw_amount < 0 then 'negative_clamped' end,
           case when quantity_shipped > 0 then 'order_item_shipped' end,
           case when order_item_id is not null and nth_of_order_item + (
               select count(*) from lost_damaged_writeoff w where w.order_item_id = priced.order_item_id) > quantity
               then 'order_item_repeated' end], null) as warnings,
       coalesce(problem, case when round(greatest(raw_amount, 0), digits) > {cap} then 'over_cap' end)
           as problem
from priced
"""
CHECK = (
    "create temp table ld_checked on commit drop as with recursive "
    + _CHECKED_PARTS.format(item="pg_temp.ld_item", lock="", locked="%(locked)s")
    + _CHECKED.format(cap="%(cap)s::numeric")
)

# What is going to be booked, numbered before it is inserted: no statement after this one has to look anything up.
# In the order of the keys, so that two bookings of the same units never wait for each other in a circle.
NUMBER = """
create temp table ld_booked on commit drop as
select nextval('lost_damaged_writeoff_id_seq') as id,
       nextval('lost_damaged_sellertransaction_id_seq') as transaction_id,
       'LD-' || %(year)s || '-' || lpad(n, greatest(6, length(n)), '0') as number, c.*
from (select c.*, nextval('lost_damaged_number_seq')::text as n from pg_temp.ld_checked c
      where problem is null and is_first
        and not exists (select from lost_damaged_writeoff w where w.uid_key = c.uid_key) order by uid_key) c
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
insert into lost_damaged_sellertransaction (id, number, write_off_id, merchant_id, statement_id, type, amount,
    currency, minor_units, formula, unit_price, commission_amount, price, special_price, special_used,
    commission_percent, commission_category, factor, raw_amount, warnings, note, actor, created_at)
select b.transaction_id, b.number, b.id, b.merchant_id, {statement}, 'credit', b.amount, b.currency, b.digits,
       case when b.order_item_id is null then 'product' else 'order_item' end, b.unit_price, b.commission_amount,
       b.price, b.special_price, b.special_used, b.commission_percent, b.commission_category, b.factor,
       b.raw_amount, to_jsonb(b.warnings), '', %(actor)s::text, %(now)s::timestamptz
from {units}
"""
_ENTRIES = """
insert into lost_damaged_ledgerentry (transaction_id, account, debit, credit)
select b.transaction_id, side.account, side.debit * b.amount, side.credit * b.amount
from {units} cross join (values ('expense', 1, 0), ('liability', 0, 1)) side(account, debit, credit)
where b.amount > 0
"""

INSERT_WRITE_OFFS = _WRITE_OFFS.format(units="pg_temp.ld_booked b order by b.uid_key")

# Those that a rival was faster with.
DROP_LOST = """
delete from pg_temp.ld_booked b where not exists (select from lost_damaged_writeoff w where w.id = b.id)
"""

OPEN_STATEMENTS = """
insert into lost_damaged_statement (number, merchant_id, currency, state, starts_at, opening_amount, closed_by)
select lost_damaged_number('ST', 'lost_damaged_statement_seq'), m.id, m.currency, 'open',
       date_trunc('month', %(now)s at time zone m.timezone) at time zone m.timezone, 0, ''
from inventory_ops_merchant m
where m.id in (select merchant_id from {sellers})
  and not exists (select from lost_damaged_statement s
                  where s.merchant_id = m.id and s.currency = m.currency and s.state = 'open')
order by m.id on conflict do nothing
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
with credited as ({_CREDITS.format(statement="s.id", units=_WITH_STATEMENTS)})
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
            when not c.is_first then 'repeat'
            else 'ready' end as state,
       case when c.problem = 'twice' then 'twice'
            when w.id is not null and debit.id is not null then 'reversed'
            when w.id is not null and not same.data then 'conflict'
            when w.id is null then c.problem end as problem,
       coalesce(w.number, '') as number,
       case when w.id is null then c.amount else credit.amount end as amount,
       coalesce(credit.currency, c.currency, '') as currency,
       case when w.id is null then to_jsonb(c.warnings) else coalesce(credit.warnings, '[]'::jsonb) end as warnings
from (select c.* from pg_temp.ld_checked c
      where not c.is_first or not exists (select from pg_temp.ld_booked b where b.uid_key = c.uid_key)) c
left join lost_damaged_writeoff w on w.uid_key = c.uid_key
left join inventory_ops_product p on p.id = w.product_id
left join inventory_ops_orderitem o on o.id = w.order_item_id
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
    """
with recursive item as (
    select 1::bigint as position, %(sku)s::text as sku, %(uid)s::text as uid, %(uid_key)s::text as uid_key,
           %(shop_item_id)s::bigint as shop_item_id
),
limits as materialized (
    select transaction_cap as cap, (%(now)s::timestamptz at time zone 'UTC')::date <= locked_until as locked
    from lost_damaged_financesettings order by id limit 1
),
"""
    + _CHECKED_PARTS.format(item="item", lock="for share skip locked", locked="(select locked from limits)")
    + ", checked as ("
    + _CHECKED.format(cap="(select cap from limits)")
    + """),
held as (
    select s.id as statement_id, s.merchant_id, s.currency from lost_damaged_statement s
    join checked c on c.merchant_id = s.merchant_id and c.currency = s.currency
    where s.state = 'open' and c.problem is null for share of s
),
booked as materialized (
    select nextval('lost_damaged_writeoff_id_seq') as id,
           nextval('lost_damaged_sellertransaction_id_seq') as transaction_id,
           'LD-' || %(year)s::text || '-' || lpad(n, greatest(6, length(n)), '0') as number, c.*
    from (select c.*, h.statement_id, nextval('lost_damaged_number_seq')::text as n
          from checked c join held h on h.merchant_id = c.merchant_id and h.currency = c.currency
          where not exists (select from lost_damaged_writeoff w where w.uid_key = c.uid_key)) c
),
"""
    + f"""
written as ({_WRITE_OFFS.format(units="booked b")} returning id),
credited as ({_CREDITS.format(statement="b.statement_id", units="booked b join written w on w.id = b.id")}),
entered as ({_ENTRIES.format(units="booked b join written w on w.id = b.id")})
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
left join inventory_ops_orderitem o on o.id = w.order_item_id
join lost_damaged_sellertransaction t on t.write_off_id = w.id and t.type = 'credit'
where w.uid_key = %(uid_key)s::text and p.sku = %(sku)s::text
  and o.shop_item_id is not distinct from %(shop_item_id)s::bigint
  and not exists (select from lost_damaged_sellertransaction d where d.write_off_id = w.id and d.type = 'debit')
"""

INSERT_REVERSAL = """
with debited as (
    insert into lost_damaged_sellertransaction (number, write_off_id, merchant_id, statement_id, type, reverses_id,
        amount, currency, minor_units, formula, unit_price, commission_amount, price, special_price, special_used,
        commission_percent, commission_category, factor, raw_amount, warnings, note, actor, created_at)
    select lost_damaged_number('LD', 'lost_damaged_number_seq'), t.write_off_id, t.merchant_id, s.id, 'debit', t.id,
           -t.amount, t.currency, t.minor_units, t.formula, t.unit_price, t.commission_amount, t.price, t.special_price,
           t.special_used, t.commission_percent, t.commission_category, t.factor, t.raw_amount, '[]', %(note)s,
           %(actor)s, %(now)s
    from lost_damaged_sellertransaction t
    join lost_damaged_statement s on s.merchant_id = t.merchant_id and s.currency = t.currency and s.state = 'open'
    where t.id = %(credit)s
    returning id, -amount as amount
)
insert into lost_damaged_ledgerentry (transaction_id, account, debit, credit)
select d.id, side.account, side.debit * d.amount, side.credit * d.amount
from debited d cross join (values ('liability', 1, 0), ('expense', 0, 1)) side(account, debit, credit)
where d.amount > 0
"""
