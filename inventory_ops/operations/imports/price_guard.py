"""The price guard of imports: rows that would sell below cost are warned of or refused, as their vendor's rule says.

Only rows that change something are looked at: loading the same file again says nothing new.
"""

from __future__ import annotations

from inventory_ops.kit.imports import Staging
from inventory_ops.models import PriceGuard

# The rule of a merchant: its own, else the one for all; merchants without any are not in it.
RULES = """(select m.id as merchant_id, coalesce(nullif(own.mode, 'default'), every.mode) as mode
    from inventory_ops_merchant m
    left join (select distinct on (merchant_id) merchant_id, mode from inventory_ops_priceguard
               where merchant_id is not null and valid_from <= statement_timestamp() and withdrawn_at is null
               order by merchant_id, valid_from desc, id desc) own on own.merchant_id = m.id
    left join (select mode from inventory_ops_priceguard
               where merchant_id is null and valid_from <= statement_timestamp() and withdrawn_at is null
               order by valid_from desc, id desc limit 1) every on true
    where coalesce(nullif(own.mode, 'default'), every.mode) in ('warn', 'block'))"""

MESSAGE = (
    "'Cost of goods ' || trim_scale(g.cost) || ' is above the ' || g.what || ' of ' || trim_scale(g.lowest)"
    " || case when g.mode = 'block' then ': the price guard of this vendor refuses it. Raise the price or lower the"
    " cost, or ask finance to propose another rule' else ': it would be sold at a loss' end"
)


def is_on() -> bool:
    """Is there any rule that looks at prices?"""
    return PriceGuard.objects.filter(mode__in=["warn", "block"]).exists()


def check_products(staging: Staging) -> None:
    """Products whose new or kept cost is above a price that they would be sold at: regular, special or flash sale."""
    if not is_on():
        return
    start, end = (staging.moment(name, zone="m.timezone") for name in ("special_from", "special_to"))

    def kept(column: str, sql: str) -> str:
        # a column that the file lacks stays as it is
        return sql if column in staging.present else f"p.{column}"

    special, starts, ends = (
        kept("special_price", "s.special_price"),
        kept("special_from", start),
        kept("special_to", end),
    )
    cost, price = kept("cost", "s.cost"), kept("price", "s.price")
    staging.create(
        "guarded",
        f"""select w.line, w.mode, w.cost, l.lowest, l.what
            from (
                select s.line, r.mode, {cost} as cost, {price} as price, p.id as product_id,
                    case when {ends} is null or {ends} > %(now)s then {special} end as special
                from pg_temp.{staging.table} s
                join inventory_ops_merchant m on m.vendor_number = s.vendor_number
                join {RULES} r on r.merchant_id = m.id
                left join inventory_ops_product p on p.merchant_id = m.id and p.sku = s.sku
                where {cost} is not null and (p.id is null or ({price}, {special}, {starts}, {ends}, {cost})
                    is distinct from (p.price, p.special_price, p.special_from, p.special_to, p.cost))
            ) w
            cross join lateral (
                select v.price as lowest, v.what from (
                    values (w.price, 'price', 1), (w.special, 'special price', 2)
                    union all
                    select min(f.sale_price), 'flash sale price', 3 from inventory_ops_flashsale f
                    where f.product_id = w.product_id and f.ends_at > %(now)s
                ) v (price, what, place)
                where v.price is not null order by v.price, v.place limit 1
            ) l
            where w.cost > l.lowest""",
        {"now": staging.now},
    )
    _tell(staging, "price")


def check_flash_sales(staging: Staging, price: str) -> None:
    """New and changed sales below the product's cost; `price` is the SQL of a staged sale's price (rows n, e, u)."""
    if not is_on():
        return
    from inventory_ops.queries.currencies import MINOR_UNITS_SQL

    staging.create(
        "guarded",
        f"""select n.line, r.mode, p.cost, {price} as lowest, 'flash sale price' as what
            from pg_temp.staged_sale n
            join {RULES} r on r.merchant_id = n.merchant_id
            join inventory_ops_product p on p.id = n.product_id
            join ({MINOR_UNITS_SQL}) u on u.currency = n.currency
            left join inventory_ops_flashsale e on e.product_id = n.product_id and e.starts_at = n.starts_at
            where p.cost > {price} and n.ends_at > %(now)s
              and (e.id is null or (e.ends_at, e.sale_price) is distinct from (n.ends_at, {price}))""",
        {"now": staging.now},
    )
    _tell(staging, "percentage")


def _tell(staging: Staging, column: str) -> None:
    for mode, into in (("block", "import_error"), ("warn", "import_warning")):
        staging.errors(
            column,
            "below_cost",
            MESSAGE,
            f"join pg_temp.guarded g on g.line = s.line and g.mode = '{mode}'",
            into=into,
        )
