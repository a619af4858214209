"""Adjustments: events of the ledger, each booked once however often its file is loaded."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.models.ledger import EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.imports.products_of_rows import JOIN, resolve_products


def check_places(staging: Staging) -> None:
    """Refuse unknown inventory types and locations."""
    staging.errors(
        "inventory_type",
        "unknown",
        "'Unknown inventory type. Known: ' || (select string_agg(code, ', ' order by code)"
        " from inventory_ops_inventorytype where is_active)",
        "where s.inventory_type is not null"
        " and not exists (select from inventory_ops_inventorytype t where t.code = s.inventory_type)",
    )
    staging.errors(
        "location",
        "unknown",
        "'Unknown location. Known: ' || (select string_agg(code, ', ' order by code)"
        " from (select code from inventory_ops_location where is_active order by code limit 20) l)",
        "where s.location is not null and not exists (select from inventory_ops_location l where l.code = s.location)",
    )


RETIRED = """select s.line, case when l.is_active then 'inventory_type' else 'location' end as col
    from pg_temp.{table} s
    join inventory_ops_location l on l.code = s.location
    join inventory_ops_inventorytype t on t.code = s.inventory_type
    where not (l.is_active and t.is_active)"""


def refuse_retired(staging: Staging, column: str, condition: str) -> None:
    """Refuse the rows with a condition that would put stock into a retired location or type; `column` says how much."""
    staging.errors(
        column,
        "retired",
        "case k.col when 'location' then 'Location ' || s.location else 'Inventory type ' || s.inventory_type end"
        " || ' is retired and takes no new stock: name another one'",
        f"join ({RETIRED.format(table=staging.table)}) k on k.line = s.line {condition}",
    )


def check_adjustments(staging: Staging) -> None:
    resolve_products(staging)
    check_places(staging)
    refuse_retired(staging, "quantity_delta", "where s.quantity_delta > 0")
    staging.errors("quantity_delta", "zero", "'An adjustment by zero changes nothing'", "where s.quantity_delta = 0")
    staging.errors(
        "occurred_at",
        "future",
        "'Lies in the future: write when the stock changed'",
        f"{JOIN} where {staging.moment('occurred_at', zone='p.timezone')} > now() + interval '1 day'",
    )
    staging.errors(
        "reason",
        "unknown",
        "'Unknown reason. Known: ' || (select string_agg(code, ', ' order by code)"
        " from inventory_ops_adjustmentreason)",
        "where s.reason is not null"
        " and not exists (select from inventory_ops_adjustmentreason r where r.code = s.reason)",
    )


def apply_adjustments(staging: Staging) -> Counts:
    """Book an `adjusted` event a row. History may take stock below zero.

    A row is known again by its content as written (before any shift) and its number among equal rows of the file.
    """
    ledger.stage()
    written = staging.moment("occurred_at", zone="p.timezone", offset_days=0)
    staging.execute(
        f"""insert into pg_temp.ledger_booking (product_id, kind, quantity, inventory_type, location, occurred_at,
                reason, note, reference, key)
            select product_id, 'adjusted', quantity_delta, inventory_type, location, occurred_at, reason, note,
                reference, 'adjustments:' || encode(sha256(convert_to(content, 'UTF8')), 'hex') || ':'
                || row_number() over (partition by content order by line)
            from (
                select s.line, p.product_id, s.quantity_delta, s.inventory_type, s.location, s.reason,
                    coalesce(s.note, '') as note, coalesce(s.reference, '') as reference,
                    {staging.moment("occurred_at", zone="p.timezone")} as occurred_at,
                    jsonb_build_array(p.product_id, s.inventory_type, s.location, s.quantity_delta, s.reason,
                        coalesce(s.note, ''), coalesce(s.reference, ''), {written})::text as content
                from pg_temp.{staging.table} s {JOIN}
            ) r order by occurred_at, line"""
    )
    booked = ledger.book_staged(source=EventSource.CSV, actor=staging.actor, batch=staging.batch)
    return Counts(new=booked.events, unchanged=booked.repeated)
