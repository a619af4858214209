"""The `trackers` kind of import."""

from __future__ import annotations

from inventory_ops.kit.imports import Column, Counts, ImportSpec, Staging, formats, register
from inventory_ops.kit.imports.values import Choice, Integer, Text
from inventory_ops.operations.imports.products_of_rows import JOIN, resolve_products
from trackers.mechanisms import MECHANISMS, PARAMETERS
from trackers.operations import health


def check(staging: Staging) -> None:
    """Product and type exist, each mechanism has its own numbers and no others, no combination comes twice."""
    resolve_products(staging)
    staging.errors(
        "inventory_type",
        "unknown",
        "'Unknown inventory type. Known: ' || (select string_agg(code, ', ' order by code)"
        " from inventory_ops_inventorytype)",
        "where s.inventory_type is not null"
        " and not exists (select from inventory_ops_inventorytype t where t.code = s.inventory_type)",
    )
    _keep(staging)
    for mechanism in MECHANISMS.values():
        own = {field.name: field for field in mechanism.fields}
        for name in PARAMETERS:
            here = f"where s.mechanism = '{mechanism.name}' and s.{name}"
            if name not in own:
                staging.errors(
                    name, "not_used", f"'{mechanism.name} does not use {name}: leave it empty'", f"{here} is not null"
                )
                continue
            if own[name].required:
                staging.errors(name, "required", f"'{mechanism.name} needs {name}'", f"{here} is null")
            staging.errors(
                name,
                "range",
                f"'Use a whole number from {own[name].least} to {own[name].most}'",
                f"{here} not between {own[name].least} and {own[name].most}",
            )
    staging.create(
        "staged_rule",
        f"""select s.line, p.product_id, s.inventory_type, s.mechanism from pg_temp.{staging.table} s {JOIN}
            where s.mechanism is not null""",
    )
    staging.errors(
        "mechanism",
        "duplicate",
        "'Line ' || f.line || ' has the same product, inventory type and mechanism: keep one of them'",
        """join pg_temp.staged_rule r on r.line = s.line join lateral (select min(o.line) as line
            from pg_temp.staged_rule o where o.product_id = r.product_id and o.inventory_type = r.inventory_type
            and o.mechanism = r.mechanism and o.line < r.line) f on f.line is not null""",
    )


def _keep(staging: Staging) -> None:
    """A known rule keeps what the file has no column for, or leaves empty where that means to keep it."""
    kept = [name for name in PARAMETERS if staging.keep_empty or name not in staging.present]
    sets = ", ".join(f"{name} = coalesce(s.{name}, r.{name})" for name in kept)
    if kept:
        staging.execute(
            f"""update pg_temp.{staging.table} s set {sets}
                from pg_temp.staged_product p, inventory_ops_inventorytype t, trackers_tracker r
                where p.sku = s.sku and p.vendor_number = coalesce(s.vendor_number, '') and t.code = s.inventory_type
                  and r.product_id = p.product_id and r.inventory_type_id = t.id and r.mechanism = s.mechanism"""
        )


def apply(staging: Staging) -> Counts:
    rows = staging.fetch(
        f"""
        with source as (
            select p.merchant_id, p.product_id, t.id as inventory_type_id, s.mechanism, s.quantity, s.lookback_days,
                s.coverage_days, s.expiry_days
            from pg_temp.{staging.table} s {JOIN} join inventory_ops_inventorytype t on t.code = s.inventory_type
        ),
        written as (
            insert into trackers_tracker as t (merchant_id, product_id, inventory_type_id, mechanism, quantity,
                lookback_days, coverage_days, expiry_days, is_enabled, created_by_id, created_at, updated_at, health,
                state, sold, actual_days, not_counted, alerted_state)
            select merchant_id, product_id, inventory_type_id, mechanism, quantity, lookback_days, coverage_days,
                expiry_days, true, %s, now(), now(), 0, 'no_data', 0, 0, 0, ''
            from source order by product_id, inventory_type_id, mechanism
            on conflict (product_id, inventory_type_id, mechanism) do update set quantity = excluded.quantity,
                lookback_days = excluded.lookback_days, coverage_days = excluded.coverage_days,
                expiry_days = excluded.expiry_days, updated_at = now()
            where (t.quantity, t.lookback_days, t.coverage_days, t.expiry_days) is distinct from
                (excluded.quantity, excluded.lookback_days, excluded.coverage_days, excluded.expiry_days)
            returning t.id, old.id is null as is_new
        )
        select id, is_new from written
        """,
        [staging.actor_id],
    )
    health.evaluate([row[0] for row in rows], as_of=staging.now)
    new = sum(1 for row in rows if row[1])
    total = staging.fetch(f"select count(*) from pg_temp.{staging.table}")[0][0]
    return Counts(new=new, changed=len(rows) - new, unchanged=total - len(rows))


SPEC = register(
    ImportSpec(
        name="trackers",
        title="Trackers",
        order=90,
        purpose="Tracking rules. A row with the same product, inventory type and mechanism updates the rule.",
        columns=(
            Column("vendor_number", Text(50), required=True, example="V10"),
            Column("sku", Text(100, exact=True), required=True, example="KET-100"),
            Column("inventory_type", Text(30, lower=True), required=True, example="good"),
            Column("mechanism", Choice(tuple(MECHANISMS)), required=True, example="turnover_days"),
            Column("quantity", Integer(-2_000_000_000, 2_000_000_000), example="", help="stock_quantity, stalled_days"),
            Column("lookback_days", Integer(-100_000, 100_000), example="30", help="turnover_days, stalled_days"),
            Column("coverage_days", Integer(-100_000, 100_000), example="14", help="turnover_days"),
            Column("expiry_days", Integer(-100_000, 100_000), example="", help="stock_quantity, turnover_days"),
        ),
        check=check,
        apply=apply,
    )
)

LIST = {
    "vendor_number": "Vendor Number",
    "sku": "Item SKU",
    "inventory_type": "Inventory Type",
    "mechanism": "Mechanism",
    "quantity": "Quantity",
    "lookback_days": "Lookback Days",
    "coverage_days": "Coverage Days",
    "expiry_days": "Expiry Days",
}
formats.register(
    formats.Format(
        name="our-trackers",
        title="Our trackers",
        what="trackers",
        where="Trackers › Export. Quantity and days may be changed.",
        parts=(formats.Part("", "trackers", ("Vendor Number", "Item SKU", "Mechanism", "Alert Threshold", "Health")),),
        columns={"trackers": LIST},
        read=formats.straight("trackers", LIST),
        guarded=True,
    )
)
