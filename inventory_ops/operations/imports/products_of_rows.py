"""Which product a row means: by SKU where one merchant alone has it, else by vendor number and SKU."""

from __future__ import annotations

from inventory_ops.kit.imports import Staging
from inventory_ops.operations.imports.lookalikes import alike

TABLE = "staged_product"
JOIN = (
    f"join pg_temp.{TABLE} p on p.sku = s.sku and p.vendor_number = coalesce(s.vendor_number, '')"
    " and p.product_id is not null"
)


def resolve_products(staging: Staging) -> None:
    """Make `staged_product`: sku, vendor number as written ('' for none) → product, merchant, zone, currency, price.

    Rows whose product is unknown or ambiguous get an error.
    """
    staging.create(
        TABLE,
        f"""select w.sku, w.vendor_number, count(p.id) as matches, bool_or(m.id is not null) as vendor_is_known,
                case when count(p.id) = 1 then min(p.id) end as product_id,
                min(p.merchant_id) as merchant_id, coalesce(min(pm.timezone), 'UTC') as timezone,
                min(pm.currency) as currency, min(p.price) as price
            from (select distinct sku, coalesce(vendor_number, '') as vendor_number from pg_temp.{staging.table}
                  where sku is not null) w
            left join inventory_ops_merchant m on m.vendor_number = w.vendor_number
            left join inventory_ops_product p on p.sku = w.sku and (w.vendor_number = '' or p.merchant_id = m.id)
            left join inventory_ops_merchant pm on pm.id = p.merchant_id
            group by w.sku, w.vendor_number""",
    )
    if staging.fetch(f"select exists (select from pg_temp.{TABLE} where matches = 0)") == [(True,)]:
        staging.create("alike", f"select * from {alike(f'(select sku from pg_temp.{TABLE} where matches = 0) u')} a")
    else:
        staging.create("alike", "select ''::text as wanted, ''::text as sku where false")
    join = f"join pg_temp.{TABLE} p on p.sku = s.sku and p.vendor_number = coalesce(s.vendor_number, '')"
    staging.errors(
        "vendor_number",
        "unknown",
        "'There is no such merchant: load merchants first'",
        f"{join} where p.vendor_number <> '' and not p.vendor_is_known",
    )
    staging.errors(
        "sku",
        "unknown",
        "'There is no such product' || case when p.vendor_number <> '' then ' of this merchant' else '' end"
        " || ': load products first' || coalesce('. Is it ' || a.sku || ', which looks alike?', '')",
        f"{join} left join pg_temp.alike a on a.wanted = s.sku"
        " where p.matches = 0 and (p.vendor_number = '' or p.vendor_is_known)",
    )
    staging.errors(
        "sku",
        "ambiguous",
        "p.matches || ' merchants have this SKU: say which one in a vendor_number column'",
        f"{join} where p.matches > 1",
    )
