"""What would become of units: the statement that prices and judges the rows of the temporary table `ld_item`.

`ld_checked` holds each row with its product, price and amount, with the `problem` that stops it, or with the limit for
which it `waits` for a second person. This is the one place that judges amounts, for API, file and page, and it does so
at the moment of booking. Parameters are the moment, the digits of each currency, and the person who books.
"""

from __future__ import annotations

import json
from functools import cache

from iso4217 import Currency

from lost_damaged import formula, limits

ITEM_COLUMNS = ("position", "sku", "uid", "uid_key", "shop_item_id", "most")
TABLES = ("ld_item", "ld_checked", "ld_booked", "ld_result")

CREATE = """
create temp table ld_item (
    position bigint not null, sku text not null, uid text not null, uid_key text not null, shop_item_id text,
    most numeric  -- the amount that a second person approved; null where nobody was asked
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

# Rivals that write off units of the same order item wait as well: how many are gone is read after this, by a statement
# of its own, so that nobody counts without the units of the other.
LOCK_ORDER_ITEMS = """
select from inventory_ops_orderitemkey n
join inventory_ops_orderitem i on i.id = n.id and i.ordered_at = n.ordered_at
where n.shop_item_id in (select shop_item_id from pg_temp.ld_item) order by i.id for no key update of i
"""
LOCK_ORDER_ITEM = """
select i.id from inventory_ops_orderitemkey n
join inventory_ops_orderitem i on i.id = n.id and i.ordered_at = n.ordered_at
where n.shop_item_id = %(shop_item_id)s::text order by i.id for no key update of i
"""

# No two bookings of a person pass a cap together. Many units hold all slots of the person from here to the commit: then
# what was spent is known exactly. A single unit holds one slot, so that some are booked at once: up to SLOTS - 1 others
# may be under way that it cannot see, each of them within the cap per unit, and it leaves room for that many. Where
# there is not that much room, it is booked like many.
SLOTS = 8
_SLOT = "hashtext('lost_damaged.person/' || n), %(person)s::integer"
LOCK_PERSON = f"select pg_advisory_xact_lock({_SLOT}) from generate_series(0, {SLOTS - 1}) n"
TAKE_SLOT = f"""
select n from (select (n + pg_backend_pid()) %% {SLOTS} as n from generate_series(0, {SLOTS - 1}) n) free
where pg_try_advisory_xact_lock({_SLOT}) limit 1
"""
WAIT_FOR_SLOT = f"select n, pg_advisory_xact_lock({_SLOT}) from (select pg_backend_pid() %% {SLOTS} as n) s"

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
        and withdrawn_at is null
    order by valid_from desc, id desc limit 1
),
seller as materialized (
    select m.id, m.currency, (%(digits)s::jsonb ->> m.currency)::integer as digits,
           coalesce((select f.factor from lost_damaged_factor f
                     where f.merchant_id = m.id and f.valid_from <= %(now)s::timestamptz and f.withdrawn_at is null
                     order by f.valid_from desc, f.id desc limit 1),
                    (select factor from default_factor), 1.0000) as factor
    from inventory_ops_merchant m where m.id in (select merchant_id from product)
),
found as (
    select i.*,
           row_number() over (partition by i.uid_key order by i.position) = 1 as is_first,
           min(i.sku) over same <> max(i.sku) over same
               or min(coalesce(i.shop_item_id, '')) over same <> max(coalesce(i.shop_item_id, '')) over same as differs,
           s.sku is not null as sku_known,
           p.id as product_id, p.merchant_id, o.id as order_item_id, o.product_id as order_item_product_id,
           o.unit_price, o.quantity, o.quantity_shipped, o.status as order_item_status,
           coalesce(o.is_ambiguous, false) as is_ambiguous,
           od.currency as order_currency,
           case when o.id is null then p.price end as price,
           case when o.id is null then p.special_price end as special_price,
           o.id is null and coalesce(p.special_used, false) as special_used,
           case when o.id is null or o.commission is null then c.commission_percent end as commission_percent,
           case when o.id is null or o.commission is null then c.name end as commission_category,
           case when o.id is not null then
               coalesce(o.commission, {commission}) end as commission_amount,
           m.currency, m.digits, m.factor
    from {item} i
    left join (select distinct sku from product) s on s.sku = i.sku
    -- an id is unique in its store: where several stores have it, the one that sold this SKU is meant
    left join lateral (
        select x.*, count(*) filter (where sold.sku = i.sku) over () > 1 as is_ambiguous
        from inventory_ops_orderitemkey n
        join inventory_ops_orderitem x on x.id = n.id and x.ordered_at = n.ordered_at
        left join inventory_ops_product sold on sold.id = n.product_id
        where n.shop_item_id = i.shop_item_id order by sold.sku = i.sku desc, x.id limit 1
    ) o on true
    left join inventory_ops_order od on od.id = o.order_id
    left join product p on p.sku = i.sku and (p.owners = 1 or p.id = o.product_id)
    left join percent c on c.start_id = p.category_id
    left join seller m on m.id = p.merchant_id
    window same as (partition by i.uid_key)
),
priced as (
    select f.*,
           case when order_item_id is not null then {order_item} else {product} end as raw_amount,
           case when differs then 'twice'
                when not sku_known then 'sku_unknown'
                when shop_item_id is not null and order_item_id is null then 'order_item_unknown'
                when is_ambiguous then 'order_item_ambiguous'
                when order_item_id is not null and order_item_product_id is distinct from product_id
                    then 'order_item_of_other_product'
                when product_id is null then 'sku_ambiguous'
                when digits is null or (order_item_id is not null and order_currency <> currency) then 'currency'
                when commission_percent is null and commission_amount is null then 'no_percent'
                when {locked} then 'locked' end as problem
    from found f
)
"""
_FORMULA = {
    "commission": formula.commission_sql(unit_price="o.unit_price", percent="c.commission_percent"),
    "order_item": formula.order_item_sql(unit_price="unit_price", commission="commission_amount", factor="factor"),
    "product": formula.product_sql(
        price="price",
        special_price="special_price",
        special_used="special_used",
        percent="commission_percent",
        factor="factor",
    ),
}
# The limits of whoever books, and what was booked under them: whole hours, of which the first began up to an hour
# before the day did. A unit counts when it would be new; one above the cap per unit waits and uses up nothing.
_JUDGED = f""", cap as materialized (
    select distinct on (s.currency) s.currency, c.unit_cap, c.import_cap, c.daily_cap
    from (select distinct currency from seller) s join lost_damaged_cap c on c.currency in (s.currency, '')
    where c.valid_from <= %(now)s::timestamptz and c.withdrawn_at is null
    order by s.currency, c.currency desc, c.valid_from desc, c.id desc
),
spent as materialized (
    select currency,
           sum(amount) filter (where user_id = %(person)s::bigint
               and hour >= date_trunc('hour', %(now)s::timestamptz - interval '24 hours', 'UTC')) as day,
           sum(amount) filter (where import_id = %(import)s::uuid) as file
    from lost_damaged_spending
    where import_id = %(import)s::uuid or user_id = %(person)s::bigint
        and hour >= date_trunc('hour', %(now)s::timestamptz - interval '24 hours', 'UTC')
    group by currency
),
amounts as (
    select p.*, {formula.amount_sql("raw_amount", "digits")} as amount, q.id is not null as is_waiting,
           p.problem is null and p.is_first and w.id is null as is_new
    from priced p left join lost_damaged_waitingunit q on q.uid_key = p.uid_key and q.state = 'waiting'
    -- joined, so that it is looked up once a row: whether a row is new is asked four times below
    left join lost_damaged_writeoff w on w.uid_key = p.uid_key
),
limited as (
    select a.*, coalesce(cap.unit_cap, {limits.UNIT}) as unit_cap,
           coalesce(cap.import_cap, {limits.IMPORT}) as import_cap, coalesce(cap.daily_cap, {limits.DAY}) as daily_cap,
           coalesce(spent.day, 0) as day_spent, coalesce(spent.file, 0) as file_spent,
           coalesce(sum(amount) filter (where is_new and amount <= coalesce(cap.unit_cap, {limits.UNIT}))
                    over (partition by a.currency order by a.position), 0) as running,
           is_new and order_item_id is not null
               and count(*) filter (where is_new) over (partition by a.order_item_id order by a.position)
                   + coalesce(gone.units, 0) > quantity as is_above_quantity
    from amounts a
    -- units of the order item that are written off, and were not found again
    left join lateral (
        select count(*) as units from lost_damaged_writeoff w
        where w.order_item_id = a.order_item_id and not exists (
            select from lost_damaged_sellertransaction d where d.write_off_id = w.id and d.type = 'debit')
    ) gone on a.order_item_id is not null
    left join cap on cap.currency = a.currency left join spent on spent.currency = a.currency
),
judged as (
    select l.*, case when %(person)s::bigint is null or not is_new then null
                     when is_waiting then 'waiting'
                     when amount > unit_cap then 'over_unit'
                     when is_above_quantity then 'over_quantity'
                     when file_spent + running > import_cap then 'over_import'
                     when day_spent + running + %(others)s::integer * unit_cap > daily_cap then 'over_day'
                end as own_wait
    from limited l
)
"""
_CHECKED = """
select position, sku, uid, uid_key, shop_item_id, is_first, is_new, product_id, merchant_id, order_item_id, currency,
       digits, unit_price, commission_amount, price, special_price, special_used, commission_percent,
       coalesce(commission_category, '') as commission_category, factor, raw_amount, amount,
       array_remove(array[
           case when raw_amount < 0 then 'negative_clamped' end,
           case when quantity_shipped > 0 then 'order_item_shipped' end,
           case when is_above_quantity then 'order_item_repeated' end,
           case when order_item_status = 1 then 'order_item_cart' end,
           -- a spreadsheet keeps 15 digits of a number and fills up with zeros
           case when uid ~ '^[0-9]{16,}$' and substr(uid, 16) ~ '^0+$' then 'uid_rounded' end
       ], null) as warnings,
       coalesce(problem, case when amount > most then 'amount_rose' end) as problem,
       coalesce(own_wait, case when %(together)s::boolean and is_new and bool_or(own_wait is not null) over ()
                               then 'over_together' end) as waits
from judged
"""
CHECK = (
    "create temp table ld_checked on commit drop as with recursive "
    + _CHECKED_PARTS.format(item="pg_temp.ld_item", lock="", locked="%(locked)s", **_FORMULA)
    + _JUDGED
    + _CHECKED
)

# One item as parameters, priced and judged by the same words; the product's row is held, and left alone when a rival
# has it.
CHECKED_ONE = (
    """
with recursive item as (
    select 1::bigint as position, %(sku)s::text as sku, %(uid)s::text as uid, %(uid_key)s::text as uid_key,
           %(shop_item_id)s::text as shop_item_id, null::numeric as most
),
period as materialized (
    select (%(now)s::timestamptz at time zone 'UTC')::date <= locked_until as locked
    from lost_damaged_financesettings order by id limit 1
),
"""
    + _CHECKED_PARTS.format(item="item", lock="for share skip locked", locked="(select locked from period)", **_FORMULA)
    + _JUDGED
    + ", checked as ("
    + _CHECKED
    + ")"
)
