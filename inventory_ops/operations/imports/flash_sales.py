"""Flash sales, known by product and start."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.operations.imports import price_guard
from inventory_ops.operations.imports.merge import merge
from inventory_ops.operations.imports.products_of_rows import JOIN, resolve_products
from inventory_ops.queries.currencies import MINOR_UNITS_SQL


def half_even(amount: str, digits: str) -> str:
    """SQL: `amount` rounded half-even to `digits` decimals (round() itself goes away from zero)."""
    down = f"trunc({amount}, {digits})"
    half = f"({amount}) - {down} = 0.5 / (10::numeric ^ {digits})"
    even = f"mod({down} * (10::numeric ^ {digits}), 2) = 0"
    return f"case when {half} and {even} then {down} else round({amount}, {digits}) end"


# of a staged sale n, the sale e that it replaces, and the digits u of its currency
SNAPSHOT = "coalesce(n.snapshot_price, e.snapshot_price, n.price)"
SALE_PRICE = f"least({half_even(f'{SNAPSHOT} * (100 - n.percentage) / 100', 'u.digits')}, {SNAPSHOT})"


def check_flash_sales(staging: Staging) -> None:
    resolve_products(staging)
    starts, ends = (staging.moment(name, zone="p.timezone") for name in ("starts_at", "ends_at"))
    # where a file is loaded again with another shift, its sales stand where the last shift put them
    stood = "null::timestamptz"
    if staging.previous_shift_days is not None:
        stood = staging.moment("starts_at", zone="p.timezone", offset_days=staging.previous_shift_days)
    staging.create(
        "staged_sale",
        f"""select s.line, p.product_id, p.merchant_id, {starts} as starts_at, {ends} as ends_at, {stood} as stood_at,
                s.percentage, s.snapshot_price, p.price, p.currency
            from pg_temp.{staging.table} s {JOIN}""",
    )
    row = "join pg_temp.staged_sale n on n.line = s.line"
    staging.errors("ends_at", "order", "'The sale must end after it starts'", f"{row} where n.ends_at <= n.starts_at")
    staging.errors(
        "starts_at",
        "duplicate",
        "'Line ' || f.line || ' has a sale of the same product with the same start'",
        f"""{row} join lateral (select min(line) as line from pg_temp.staged_sale o where o.product_id = n.product_id
            and o.starts_at = n.starts_at and o.line < n.line) f on f.line is not null""",
    )
    staging.errors(
        "starts_at",
        "overlap",
        "'Overlaps the sale of line ' || f.line",
        f"""{row} join lateral (select min(line) as line from pg_temp.staged_sale o where o.product_id = n.product_id
            and o.starts_at <> n.starts_at and o.line < n.line and o.starts_at < n.ends_at and n.starts_at < o.ends_at
            and o.starts_at < o.ends_at) f on f.line is not null where n.starts_at < n.ends_at""",
    )
    staging.errors(
        "starts_at",
        "overlap",
        """'Overlaps the sale from ' || to_char(f.starts_at, 'YYYY-MM-DD"T"HH24:MI:SSOF') || ' to '
           || to_char(f.ends_at, 'YYYY-MM-DD"T"HH24:MI:SSOF')""",
        f"""{row} join lateral (select starts_at, ends_at from inventory_ops_flashsale e
                where e.product_id = n.product_id and e.starts_at < n.ends_at and n.starts_at < e.ends_at
                and not exists (select from pg_temp.staged_sale o where o.product_id = e.product_id
                                and e.starts_at in (o.starts_at, o.stood_at)) order by e.starts_at limit 1) f on true
            where n.starts_at < n.ends_at""",
    )
    price_guard.check_flash_sales(staging, SALE_PRICE)


def apply_flash_sales(staging: Staging) -> Counts:
    sale = f"select n.* from pg_temp.staged_sale n join pg_temp.{staging.table} s on s.line = n.line"
    moved = 0
    if staging.previous_shift_days not in (None, staging.shift_days):
        by = f"interval '24 hours' * {staging.shift_days - (staging.previous_shift_days or 0)}"
        # one statement for all: in between, a sale may stand where its neighbour is just leaving
        staging.create(
            "sale_moved",
            f"""select e.*, n.line from inventory_ops_flashsale e join ({sale}) n
                on n.product_id = e.product_id and n.stood_at = e.starts_at""",
        )
        moved = staging.execute("delete from inventory_ops_flashsale where id in (select id from pg_temp.sale_moved)")
        columns = "id, merchant_id, product_id, percentage, snapshot_price, sale_price, created_at"
        staging.execute(
            f"""insert into inventory_ops_flashsale ({columns}, starts_at, ends_at)
                select {columns}, starts_at + {by}, ends_at + {by} from pg_temp.sale_moved"""
        )
    counts = merge(
        staging,
        table="inventory_ops_flashsale",
        source=f"""select n.line, n.merchant_id, n.product_id, n.starts_at, n.ends_at, n.percentage,
                {SNAPSHOT} as snapshot_price, {SALE_PRICE} as sale_price, now() as created_at
            from ({sale}) n
            left join inventory_ops_flashsale e on e.product_id = n.product_id and e.starts_at = n.starts_at
            join ({MINOR_UNITS_SQL}) u on u.currency = n.currency""",
        key=("product_id", "starts_at"),
        values={
            "ends_at": "ends_at",
            "percentage": "percentage",
            "snapshot_price": "percentage",  # always: the default is what the sale has
            "sale_price": "percentage",
        },
        insert_only=("merchant_id", "created_at"),
    )
    return Counts(counts.new, max(counts.changed, moved), counts.unchanged - max(moved - counts.changed, 0))
