"""Stock: what is on hand now."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.kit.imports.staging import SHOWN_CHANGES, Change
from inventory_ops.models.ledger import EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.imports.adjustments import check_places, refuse_retired
from inventory_ops.operations.imports.products_of_rows import JOIN, resolve_products


def check_stock(staging: Staging) -> None:
    resolve_products(staging)
    check_places(staging)
    if "total" in staging.present:
        _spread_totals(staging)
    _refuse_more_in_retired(staging)
    staging.errors(
        "sku",
        "duplicate",
        "'Line ' || d.line || ' has the same product, type, location and lot: add them up'",
        f"""join (select s.line, min(s.line) over (partition by p.product_id, s.inventory_type, s.location, s.lot,
                s.expires_on) as first from pg_temp.{staging.table} s {JOIN}) k on k.line = s.line
            join lateral (select k.first as line) d on true where k.line > k.first""",
    )


def _refuse_more_in_retired(staging: Staging) -> None:
    """What still lies in a retired place may be said again, and become less."""
    refuse_retired(
        staging,
        "quantity",
        f"""{JOIN} where s.quantity > coalesce((
                select b.on_hand from inventory_ops_stockbalance b
                join inventory_ops_location bl on bl.id = b.location_id and bl.code = s.location
                join inventory_ops_inventorytype bt on bt.id = b.inventory_type_id and bt.code = s.inventory_type
                where b.product_id = p.product_id and b.lot = coalesce(s.lot, '')
                  and b.expires_on is not distinct from {staging.day("expires_on")}), 0)""",
    )


def _spread_totals(staging: Staging) -> None:
    """Totals of a product and type, as our own list shows them: the same as now is not a change, another one is booked
    where all of it lies. Where it lies in several places, nobody can tell which of them changed."""
    staging.create(
        "staged_total",
        f"""select s.line, coalesce(sum(b.on_hand), 0) as on_hand, count(b.id) as places, min(l.code) as location,
                min(b.lot) as lot, min(b.expires_on) as expires_on, string_agg(distinct l.code, ', ') as codes
            from pg_temp.{staging.table} s {JOIN}
            left join inventory_ops_inventorytype t on t.code = s.inventory_type
            left join inventory_ops_stockbalance b on b.product_id = p.product_id and b.inventory_type_id = t.id
                and b.on_hand <> 0
            left join inventory_ops_location l on l.id = b.location_id
            where s.total group by s.line""",
    )
    row = "join pg_temp.staged_total n on n.line = s.line"
    staging.errors(
        "quantity",
        "places",
        "'Lies in ' || n.places || ' lots or places (' || n.codes || '): load it with location and lot'",
        f"{row} where n.places > 1 and s.quantity <> n.on_hand",
    )
    staging.unchanged += staging.execute(
        f"""delete from pg_temp.{staging.table} s using pg_temp.staged_total n
            where n.line = s.line and s.quantity = n.on_hand"""
    )
    staging.execute(
        f"""update pg_temp.{staging.table} s set location = n.location, lot = nullif(n.lot, ''),
                expires_on = n.expires_on
            from pg_temp.staged_total n where n.line = s.line and n.places = 1"""
    )


def apply_stock(staging: Staging) -> Counts:
    """Book one `imported` event a balance, over the difference to what is on hand.

    For each product, type and location that the file names, on hand becomes what the file says: lots of it that
    the file does not name are brought to zero.
    """
    expires_on = staging.day("expires_on")
    staging.create(
        "staged_stock",
        f"""select s.line, p.product_id, s.inventory_type, s.location, coalesce(s.lot, '') as lot,
                {expires_on} as expires_on, s.quantity from pg_temp.{staging.table} s {JOIN}""",
    )
    ledger.stage("stock_place")
    staging.execute(
        """insert into pg_temp.stock_place (product_id, kind, quantity, inventory_type, location, lot, expires_on)
           select product_id, 'imported', quantity, inventory_type, location, lot, expires_on
           from pg_temp.staged_stock
           union all
           select b.product_id, 'imported', 0, n.inventory_type, n.location, b.lot, b.expires_on
           from (select distinct product_id, inventory_type, location from pg_temp.staged_stock) n
           join inventory_ops_inventorytype t on t.code = n.inventory_type
           join inventory_ops_location l on l.code = n.location
           join inventory_ops_stockbalance b on b.product_id = n.product_id and b.inventory_type_id = t.id
               and b.location_id = l.id"""
    )
    ledger.lock_balances("stock_place")
    ledger.stage()
    # after the locks, in a statement of its own, so that it sees what others have booked meanwhile
    changed, new = staging.fetch(
        """with target as (
               select balance_id, product_id, inventory_type, location, lot, expires_on, sum(quantity) as quantity
               from pg_temp.stock_place group by 1, 2, 3, 4, 5, 6
           ), booking as (
               insert into pg_temp.ledger_booking (balance_id, product_id, kind, quantity, inventory_type, location,
                   lot, expires_on, occurred_at, counted_quantity)
               select t.balance_id, t.product_id, 'imported', t.quantity - b.on_hand, t.inventory_type, t.location,
                   t.lot, t.expires_on, %(now)s, t.quantity
               from target t join inventory_ops_stockbalance b on b.id = t.balance_id
               where t.quantity <> b.on_hand
               order by t.product_id, t.balance_id
               returning balance_id, product_id, inventory_type, location, lot, expires_on
           )
           select count(distinct s.line), count(distinct s.line) filter (where b.version = 0)
           from pg_temp.staged_stock s
           join booking k on k.product_id = s.product_id and k.inventory_type = s.inventory_type
               and k.location = s.location and k.lot = s.lot and k.expires_on is not distinct from s.expires_on
           join inventory_ops_stockbalance b on b.id = k.balance_id""",
        {"now": staging.now},
    )[0]
    total = staging.fetch("select count(*) from pg_temp.staged_stock")[0][0]
    if staging.shows_change:
        _show_change(staging)
    ledger.book_staged(source=EventSource.CSV, actor=staging.actor, batch=staging.batch)
    staging.execute("drop table pg_temp.stock_place")
    return Counts(new=new, changed=changed - new, unchanged=total - changed + staging.unchanged)


def _show_change(staging: Staging) -> None:
    """Units and lots before and after, in all and for the first places that change."""
    gained, lost = staging.fetch(
        """select coalesce(sum(quantity) filter (where quantity > 0), 0),
               coalesce(-sum(quantity) filter (where quantity < 0), 0) from pg_temp.ledger_booking"""
    )[0]
    staging.facts |= {"units_gained": int(gained), "units_lost": int(lost)}
    rows = staging.fetch(
        f"""with before as (
                select x.product_id, x.inventory_type, x.location, sum(b.on_hand) as units,
                    count(*) filter (where b.on_hand <> 0) as lots
                from (select distinct balance_id, product_id, inventory_type, location from pg_temp.stock_place) x
                join inventory_ops_stockbalance b on b.id = x.balance_id group by 1, 2, 3
            ), after as (
                select product_id, inventory_type, location, sum(quantity) as units,
                    count(*) filter (where quantity <> 0) as lots
                from pg_temp.staged_stock group by 1, 2, 3
            )
            select p.sku, inventory_type, location, b.units, b.lots, a.units, a.lots
            from before b join after a using (product_id, inventory_type, location)
            join inventory_ops_product p on p.id = product_id
            where (b.units, b.lots) <> (a.units, a.lots) or exists (
                select from pg_temp.ledger_booking k where k.product_id = b.product_id
                and k.inventory_type = b.inventory_type and k.location = b.location)
            order by a.units - b.units, p.sku limit {SHOWN_CHANGES}"""
    )
    staging.changes += [
        Change(f"{sku} · {kind} · {place}", "quantity", _units(units, lots), _units(new_units, new_lots))
        for sku, kind, place, units, lots, new_units, new_lots in rows
    ]


def _units(units: int, lots: int) -> str:
    return f"{units:,} in {lots} lots" if lots > 1 else f"{units:,}"
