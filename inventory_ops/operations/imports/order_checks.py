"""What rows of orders have to be: whose each order is, and that rows agree with each other and with what is known."""

from __future__ import annotations

from inventory_ops.kit.imports import Staging
from inventory_ops.operations.imports.products_of_rows import JOIN, resolve_products

# columns of the order itself: all its rows must say the same
ORDER_COLUMNS = (
    "status",
    "customer_email",
    "promo_code",
    "promo_value",
    "gift_card_total",
    "gift_card_count",
    "card_issue",
    "marketing_consent",
    "recovery_url",
)
LARGEST_LINE = 100_000_000_000
# an order is its number in its store: `staged_order` knows both, and the order that has them
OF_ORDER = "k.number = s.order_number and k.store = coalesce(s.store_number, '')"
# an item's key is unique in its store, and says in which month the item lies
OF_KEY = "n.shop_item_id = s.item_id and n.store_id is not distinct from k.store_id"
OF_ITEM = "i.id = n.id and i.ordered_at = n.ordered_at"


def prepare_orders(staging: Staging) -> None:
    """Make ids of items that the file gives none: order number and position within the order."""
    if "item_id" not in staging.present or staging.fetch(
        f"select exists (select from pg_temp.{staging.table} where item_id is null)"
    ) == [(True,)]:
        staging.execute(
            f"""update pg_temp.{staging.table} s set item_id = n.order_number || '-' || n.position
                from (select line, order_number, row_number() over (
                        partition by order_number, store_number order by line) as position
                      from pg_temp.{staging.table}) n
                where n.line = s.line and s.item_id is null"""
        )
        staging.made_ids = True


def check_orders(staging: Staging) -> None:
    resolve_products(staging)
    _resolve_orders(staging)
    error = staging.errors
    error(
        "quantity_shipped",
        "too_many",
        "'Shipped and cancelled are more than the quantity ' || s.quantity",
        "where coalesce(s.quantity_shipped, 0) + coalesce(s.cancelled_quantity, 0) > s.quantity",
        value="coalesce(s.quantity_shipped, 0) || ' + ' || coalesce(s.cancelled_quantity, 0)",
    )
    error(
        "returned_quantity",
        "too_many",
        "'More came back than the ' || coalesce(s.quantity_shipped, 0) || ' that were shipped'",
        "where s.returned_quantity > coalesce(s.quantity_shipped, 0)"
        if "quantity_shipped" in staging.present
        else f"""left join pg_temp.staged_order k on {OF_ORDER} left join inventory_ops_orderitemkey n on {OF_KEY}
                 left join inventory_ops_orderitem i on {OF_ITEM}
                 where s.returned_quantity > coalesce(i.quantity_shipped, 0)""",
    )
    unsure = "s.line not in (select line from pg_temp.import_error where col in ('cancelled_by', 'cancelled_quantity'))"
    error(
        "cancelled_by",
        "required",
        "'Say who cancelled: customer, seller, warehouse or system'",
        f"where s.cancelled_quantity > 0 and s.cancelled_by is null and {unsure}",
    )
    error(
        "cancelled_quantity",
        "required",
        "'Say how many units were cancelled, or leave cancelled_by empty'",
        f"where coalesce(s.cancelled_quantity, 0) = 0 and s.cancelled_by is not null and {unsure}",
    )
    error(
        "quantity_shipped", "cart", "'A cart (status 1) ships nothing'", "where s.status = 1 and s.quantity_shipped > 0"
    )
    error(
        "unit_price",
        "too_large",
        f"'Quantity × unit price is more than {LARGEST_LINE}'",
        f"where s.quantity * s.unit_price > {LARGEST_LINE}",
    )
    error(
        "item_id",
        "other_order",
        "'Belongs to order ' || o.number || ' already'",
        f"""join pg_temp.staged_order k on {OF_ORDER} join inventory_ops_orderitemkey n on {OF_KEY}
            join inventory_ops_order o on o.id = n.order_id where o.number <> s.order_number""",
    )
    error(
        "item_id",
        "other_product",
        "'Is known as SKU ' || ip.sku || ': an item does not become another product'",
        f"""{JOIN} join pg_temp.staged_order k on {OF_ORDER} join inventory_ops_orderitemkey n
            on {OF_KEY} and n.order_id = k.id
            join inventory_ops_product ip on ip.id = n.product_id where n.product_id <> p.product_id""",
    )
    error(
        "status",
        "backwards",
        "'The order is ' || case o.status when 2 then 'open' else 'closed' end || ': it cannot be a cart again'",
        f"join pg_temp.staged_order k on {OF_ORDER} join inventory_ops_order o on o.id = k.id"
        " where s.status = 1 and o.status > 1",
    )
    _check_agreement(staging)
    _check_currency(staging)


def _resolve_orders(staging: Staging) -> None:
    """Make `staged_order`: number and store ('' for none) of each order of the file → its key, if it is known.

    A number that another store has is refused where the file says no store: whose order it is cannot be told.
    """
    staging.create(
        "staged_order",
        f"""select w.number, w.store, st.id as store_id, o.id
            from (select distinct order_number as number, coalesce(store_number, '') as store
                  from pg_temp.{staging.table} where order_number is not null) w
            left join inventory_ops_store st on st.number = w.store
            left join inventory_ops_order o on o.number = w.number
                and case when w.store = '' then o.store_id is null else o.store_id = st.id end""",
    )
    staging.errors(
        "order_number",
        "other_store",
        "'Store ' || other.stores || ' has an order of this number: say the store of this one (store_number)'",
        f"""join pg_temp.staged_order k on {OF_ORDER} and k.store = '' and k.id is null
            join lateral (select string_agg(st.number, ', ' order by st.number) as stores from inventory_ops_order o
                join inventory_ops_store st on st.id = o.store_id where o.number = k.number) other
                on other.stores is not null""",
    )
    staging.errors(
        "order_number",
        "no_store",
        "'There is an order of this number without a store, too: they are two orders'",
        f"""join pg_temp.staged_order k on {OF_ORDER} and k.store <> '' and k.id is null
            join inventory_ops_order o on o.number = k.number and o.store_id is null""",
        into="import_warning",
    )
    if staging.made_ids:
        staging.errors(
            "order_number",
            "item_ids",
            "'The items of this order are known by ids of the shop: name them in a column item_id'",
            f"""join pg_temp.staged_order k on {OF_ORDER}
                where not exists (select from inventory_ops_orderitemkey n where {OF_KEY})
                and exists (select from inventory_ops_orderitemkey n where n.order_id = k.id
                            and not starts_with(n.shop_item_id, k.number || '-'))""",
        )


def _check_currency(staging: Staging) -> None:
    """The first good row of an order, or the order as it is, says the currency; a column of its own has to agree."""
    staging.create(
        "staged_currency",
        f"""select s.order_number, coalesce(s.store_number, '') as store,
                coalesce(o.currency, (array_agg(p.currency order by s.line))[1]) as currency
            from pg_temp.{staging.table} s {JOIN} join pg_temp.staged_order k on {OF_ORDER}
            left join inventory_ops_order o on o.id = k.id
            group by s.order_number, coalesce(s.store_number, ''), o.currency
            having min(p.currency) <> max(p.currency) or min(p.currency) <> min(o.currency)""",
    )
    staging.errors(
        "sku",
        "currency",
        "'The order is in ' || c.currency || ', this product''s merchant sells in ' || p.currency",
        f"""{JOIN} join pg_temp.staged_currency c on c.order_number = s.order_number
            and c.store = coalesce(s.store_number, '') where p.currency <> c.currency""",
    )
    if "currency" in staging.present:
        staging.errors(
            "currency",
            "currency",
            "s.currency || ', but the merchant sells in ' || p.currency",
            f"{JOIN} where s.currency <> p.currency",
        )


def _check_agreement(staging: Staging) -> None:
    table = f"pg_temp.{staging.table}"
    columns = [column for column in ORDER_COLUMNS if column in staging.present]
    staging.create(
        "staged_disagreement",
        f"""select distinct on (s.order_number, coalesce(s.store_number, '')) s.order_number, s.line,
                coalesce(s.store_number, '') as store, {", ".join(f"s.{c}" for c in columns)}
            from {table} s join (
                select order_number, coalesce(store_number, '') as store from {table}
                where order_number is not null group by 1, 2
                having {" or ".join(f"count(distinct coalesce({c}::text, '')) > 1" for c in columns)}
            ) d on d.order_number = s.order_number and d.store = coalesce(s.store_number, '')
            order by s.order_number, coalesce(s.store_number, ''), s.line""",
    )
    for column in columns:
        staging.errors(
            column,
            "disagrees",
            "'Line ' || d.line || ' of the same order says ' || coalesce(d." + column + "::text, 'nothing')",
            f"""join pg_temp.staged_disagreement d on d.order_number = s.order_number
                and d.store = coalesce(s.store_number, '')
                where s.{column} is distinct from d.{column} and s.line <> d.line
                and s.line not in (select line from pg_temp.import_error where col = '{column}')""",
        )
