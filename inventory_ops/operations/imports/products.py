"""Products and their prices."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.operations.imports import price_guard
from inventory_ops.operations.imports.lookalikes import check_skus
from inventory_ops.operations.imports.merge import merge

_PRICE_HISTORY = """
insert into inventory_ops_pricechange (merchant_id, product_id, at, price_before, price_after, special_price_before,
    special_price_after, cost_before, cost_after, source, actor)
select merchant_id, product_id, %(now)s, price_before, price_after, special_before, special_after, cost_before,
    cost_after, 'import', %(actor)s
from merged
where action = 'UPDATE'
  and (price_before, special_before, cost_before) is distinct from (price_after, special_after, cost_after)
"""


def check_products(staging: Staging) -> None:
    merchant = "left join inventory_ops_merchant m on m.vendor_number = s.vendor_number"
    staging.errors(
        "vendor_number",
        "unknown",
        "'There is no such merchant: load merchants first'",
        f"{merchant} where s.vendor_number is not null and m.id is null",
    )
    staging.errors(
        "category",
        "unknown",
        "'There is no such category: load categories first'",
        "where s.category is not null and not exists (select from inventory_ops_category c where c.name = s.category)",
    )
    staging.check_new(
        "sku",
        f"{merchant} where m.id is not null and not exists"
        " (select from inventory_ops_product p where p.merchant_id = m.id and p.sku = s.sku)",
    )
    start, end = (staging.moment(name, zone="m.timezone") for name in ("special_from", "special_to"))
    staging.errors(
        "special_to",
        "order",
        "'The special price would end before it begins (special_from)'",
        f"{merchant} join inventory_ops_product p on p.merchant_id = m.id and p.sku = s.sku"
        f" where {_kept(staging, 'special_from', start)} >= {_kept(staging, 'special_to', end)}",
    )
    staging.errors(
        "special_to",
        "order",
        "'The special price would end before it begins (special_from)'",
        f"{merchant} where {start} >= {end} and not exists"
        " (select from inventory_ops_product p where p.merchant_id = m.id and p.sku = s.sku)",
    )
    check_skus(staging)
    price_guard.check_products(staging)


def _kept(staging: Staging, column: str, sql: str) -> str:
    """What the product will have: from the file, or, when the file lacks the column, what it has now."""
    return sql if column in staging.present else f"p.{column}"


def apply_products(staging: Staging) -> Counts:
    moments = {name: staging.moment(name, zone="m.timezone") for name in ("special_from", "special_to", "created_at")}
    # created_at left empty: now for a new product, as it was for a known one
    return merge(
        staging,
        table="inventory_ops_product",
        source=f"""select s.line, m.id as merchant_id, s.sku, coalesce(s.vendor_sku, '') as vendor_sku, s.name,
                coalesce(s.short_description, '') as short_description, coalesce(s.brand_name, '') as brand_name,
                coalesce(s.model_name, '') as model_name, c.id as category_id, s.price, s.special_price,
                {moments["special_from"]} as special_from, {moments["special_to"]} as special_to, s.cost,
                coalesce(s.is_live, true) as is_live,
                coalesce({moments["created_at"]}, p.created_at, now()) as created_at, now() as updated_at
            from pg_temp.{staging.table} s join inventory_ops_merchant m on m.vendor_number = s.vendor_number
            left join inventory_ops_category c on c.name = s.category
            left join inventory_ops_product p on p.merchant_id = m.id and p.sku = s.sku
            order by m.id, s.sku""",
        key=("merchant_id", "sku"),
        values={
            "vendor_sku": "vendor_sku",
            "name": "name",
            "short_description": "short_description",
            "brand_name": "brand_name",
            "model_name": "model_name",
            "category_id": "category",
            "price": "price",
            "special_price": "special_price",
            "special_from": "special_from",
            "special_to": "special_to",
            "cost": "cost",
            "is_live": "is_live",
            "created_at": "created_at",
        },
        insert_only=("updated_at",),
        on_change="updated_at = now()",
        returning="""new.merchant_id, new.id as product_id, old.price as price_before, new.price as price_after,
            old.special_price as special_before, new.special_price as special_after, old.cost as cost_before,
            new.cost as cost_after""",
        then=_PRICE_HISTORY,
    )
