"""Orders, one row an item. Loaded orders are history: they move no stock, open ones allocate what is still to ship."""

from __future__ import annotations

from inventory_ops.kit.db.size import outgrown
from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.kit.imports.staging import SHOWN_CHANGES, Change
from inventory_ops.models.ledger import EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.imports.order_checks import OF_ITEM, OF_KEY, OF_ORDER, ORDER_COLUMNS
from inventory_ops.operations.imports.products_of_rows import JOIN
from inventory_ops.operations.orders import recovered

MANY_ROWS = 5_000


def apply_orders(staging: Staging) -> Counts:
    _lock_orders(staging)
    _resolve_lines(staging)
    _write_stores(staging)
    _write_orders(staging)
    if staging.shows_change:
        _show_change(staging)
    _write_items(staging)
    _write_totals(staging)
    _write_payment_attempts(staging)
    _allocate(staging)
    recovered.find(as_of=staging.now, of="select upper(h.customer_email) from pg_temp.order_head h")
    new, changed, total = staging.fetch(
        """select count(*) filter (where i.is_new),
               count(*) filter (where not i.is_new and (i.is_changed or o.is_changed)), count(*)
           from pg_temp.order_line i join pg_temp.order_head o using (number, store)"""
    )[0]
    return Counts(new=new, changed=changed, unchanged=total - new - changed)


def _lock_orders(staging: Staging) -> None:
    """Orders before items, like everybody: an item that a rival moves to another month is not where it was read."""
    staging.execute(
        """select from inventory_ops_order where id in (select id from pg_temp.staged_order where id is not null)
           order by id for no key update"""
    )


def _show_change(staging: Staging) -> None:
    """Orders that would be opened again, or moved in time, and the first of those that change."""
    reopened, moved = staging.fetch(
        """select count(*) filter (where h.old_status = 3 and h.status = 2),
               count(*) filter (where h.old_created_at <> h.created_at)
           from pg_temp.order_head h where not h.is_new"""
    )[0]
    staging.facts |= {"orders_reopened": reopened, "orders_moved": moved}
    rows = staging.fetch(
        f"""select h.number, v.name, v.old, v.new from (
                select * from pg_temp.order_head where is_changed order by number limit {SHOWN_CHANGES}) h
            cross join lateral (values ('status', h.old_status::text, h.status::text),
                ('created_at', h.old_created_at::text, h.created_at::text),
                ('customer_email', h.old_customer_email, h.customer_email)) v (name, old, new)
            where v.old is distinct from v.new"""
    )
    staging.changes += [Change(number, name, old or "", new or "") for number, name, old, new in rows]


def _resolve_lines(staging: Staging) -> None:
    """`order_line`: what each item will be. Price, cost and commission stay as they are once the cart is left.

    A commission that nobody knew then is filled in.
    """
    moments = {
        name: staging.moment(name, zone="p.timezone")
        for name in ("created_at", "updated_at", "shipped_at", "ship_by", "returned_at")
    }

    def kept(column: str, sql: str = "") -> str:
        """The file's value, or for a known item whose file lacks the column, what it has."""
        return (sql or f"s.{column}") if column in staging.present else f"i.{column}"

    def frozen(column: str) -> str:
        return f"case when i.status > 1 then i.{column} else {kept(column)} end"

    shipped = f"coalesce({kept('quantity_shipped')}, 0)"
    cancelled = f"coalesce({kept('cancelled_quantity')}, 0)"
    shipped_at = f"coalesce({kept('shipped_at', moments['shipped_at'])}, u.updated_at, u.created_at)"
    # fewer shipped than came back: the return is taken back with the shipment
    returned = f"least(coalesce({kept('returned_quantity')}, 0), {shipped})"
    returned_at = f"""case when {returned} = i.returned_quantity then i.returned_at end,
                {moments["returned_at"] if "returned_at" in staging.present else "null"}, u.updated_at, %(now)s"""
    staging.create(
        "order_line",
        f"""select s.line, s.order_number as number, coalesce(s.store_number, '') as store, s.item_id, s.status,
                p.product_id, p.merchant_id, p.currency, s.comment,
                u.created_at, u.updated_at, s.quantity, {frozen("unit_price")} as unit_price,
                {frozen("unit_cost")} as unit_cost,
                coalesce({frozen("commission")}, {kept("commission")}) as commission, {shipped} as quantity_shipped,
                case when {shipped} > 0 then {shipped_at} end as shipped_at, {returned} as returned_quantity,
                case when {returned} > 0 then coalesce({returned_at}) end as returned_at,
                {cancelled} as cancelled_quantity,
                coalesce({kept("cancelled_by")}, '') as cancelled_by, {kept("ship_by", moments["ship_by"])} as ship_by,
                case when i.issue_at = i.ordered_at then u.created_at else i.issue_at end as issue_at,
                i.issue_sale_starts_at, i.issue_sale_ends_at, i.issue_sale_snapshot_price, i.issue_sale_percentage,
                i.id, i.status as old_status, i.ordered_at as old_ordered_at, i.id is null as is_new,
                false as is_changed
            from pg_temp.{staging.table} s {JOIN} join pg_temp.staged_order k on {OF_ORDER}
            cross join lateral (select {moments["created_at"]} as created_at, {moments["updated_at"]} as updated_at) u
            left join inventory_ops_orderitemkey n on {OF_KEY}
            left join inventory_ops_orderitem i on {OF_ITEM}""",
        {"now": staging.now},
    )
    # the first moment the cost was above the price: of a new line when it was added, else its last change
    staging.execute(
        """update pg_temp.order_line l
           set issue_at = t.issue_at, issue_sale_starts_at = f.starts_at, issue_sale_ends_at = f.ends_at,
               issue_sale_snapshot_price = f.snapshot_price, issue_sale_percentage = f.percentage
           from (select line, product_id, case when is_new then created_at else coalesce(updated_at, created_at) end
                        as issue_at
                 from pg_temp.order_line where unit_cost > unit_price and issue_at is null) t
           left join inventory_ops_flashsale f on f.product_id = t.product_id and f.starts_at <= t.issue_at
               and f.ends_at > t.issue_at
           where l.line = t.line"""
    )


def _write_stores(staging: Staging) -> None:
    staging.execute(
        f"""insert into inventory_ops_store (number, name, abandon_after)
            select distinct store_number, '', interval '60 minutes' from pg_temp.{staging.table}
            where store_number is not null order by store_number on conflict do nothing"""
    )


def _write_orders(staging: Staging) -> None:
    def kept(column: str, empty: str = "null") -> str:
        value = f"coalesce(h.{column}, {empty})" if empty != "null" else f"h.{column}"
        return value if column in staging.present else f"coalesce(o.{column}, {empty})"

    first = ", ".join(f"s.{column}" for column in ORDER_COLUMNS)
    staging.create(
        "order_head",
        f"""with head as (
                select distinct on (s.order_number, coalesce(s.store_number, '')) s.order_number as number,
                    coalesce(s.store_number, '') as store, {first} from pg_temp.{staging.table} s
                order by s.order_number, coalesce(s.store_number, ''), s.line
            ), lines as (
                select number, store, min(created_at) as created_at, max(updated_at) as updated_at,
                    max(coalesce(updated_at, created_at)) as last_activity_at, min(currency) as currency,
                    string_agg(distinct comment, E'\\n') as comment, sum(quantity * unit_price) as total_amount
                from pg_temp.order_line group by number, store
            )
            select h.number, h.store, st.id as store_id, h.status, {kept("customer_email", "''")} as customer_email,
                coalesce(o.currency, l.currency) as currency, l.total_amount, {kept("promo_code", "''")} as promo_code,
                {kept("promo_value")} as promo_value, {kept("gift_card_total")} as gift_card_total,
                {kept("gift_card_count")} as gift_card_count,
                {kept("marketing_consent")} as marketing_consent, {kept("recovery_url", "''")} as recovery_url,
                {"coalesce(l.comment, '')" if "comment" in staging.present else "coalesce(o.comment, '')"} as comment,
                l.created_at, l.last_activity_at,
                case when h.status > 1 then l.created_at end as placed_at,
                case when h.status = 3 then coalesce(l.updated_at, l.created_at) end as closed_at,
                case when o.status = 1 and h.status > 1 and
                          case when l.last_activity_at > o.last_activity_at then l.last_activity_at else %(now)s end
                          - o.last_activity_at > coalesce(st.abandon_after, interval '60 minutes')
                     then case when l.last_activity_at > o.last_activity_at then l.last_activity_at else %(now)s end
                     else o.recovered_at end as recovered_at,
                h.card_issue, o.id, o.id is null as is_new, false as is_changed, o.status as old_status,
                o.created_at as old_created_at, o.customer_email as old_customer_email
            from head h join lines l using (number, store) join pg_temp.staged_order k using (number, store)
            left join inventory_ops_store st on st.number = h.store
            left join inventory_ops_order o on o.id = k.id
            order by l.created_at, h.number""",
        {"now": staging.now},
    )
    columns = [
        "store_id",
        "status",
        "customer_email",
        "currency",
        "promo_code",
        "promo_value",
        "gift_card_total",
        "gift_card_count",
        "comment",
        "created_at",
        "last_activity_at",
        "placed_at",
        "closed_at",
        "recovered_at",
        "marketing_consent",
        "recovery_url",
    ]
    staging.execute(
        f"""insert into inventory_ops_order (number, total_amount, {", ".join(columns)})
            select number, total_amount, {", ".join(columns)} from pg_temp.order_head where is_new"""
    )
    staging.execute(
        f"""with changed as (
                update inventory_ops_order o set {", ".join(f"{c} = n.{c}" for c in columns)}
                from pg_temp.order_head n where n.id = o.id
                and ({", ".join(f"o.{c}" for c in columns)}) is distinct from ({", ".join(f"n.{c}" for c in columns)})
                returning o.id)
            update pg_temp.order_head n set is_changed = true from changed where changed.id = n.id"""
    )
    staging.execute(
        """update pg_temp.order_head n set id = o.id from inventory_ops_order o
           where n.is_new and o.number = n.number and o.store_id is not distinct from n.store_id"""
    )


def _write_items(staging: Staging) -> None:
    columns = [
        "merchant_id",
        "product_id",
        "status",
        "quantity",
        "unit_price",
        "unit_cost",
        "commission",
        "quantity_shipped",
        "shipped_at",
        "returned_quantity",
        "returned_at",
        "cancelled_quantity",
        "cancelled_by",
        "ship_by",
        "issue_at",
        "issue_sale_starts_at",
        "issue_sale_ends_at",
        "issue_sale_snapshot_price",
        "issue_sale_percentage",
    ]
    staging.execute(
        f"""insert into inventory_ops_orderitem (order_id, store_id, shop_item_id, ordered_at, {", ".join(columns)})
            select o.id, o.store_id, l.item_id, l.created_at, {", ".join(f"l.{c}" for c in columns)}
            from pg_temp.order_line l join pg_temp.order_head o using (number, store)
            where l.is_new order by length(l.item_id), l.item_id"""
    )
    staging.execute(
        f"""with changed as (
                update inventory_ops_orderitem i
                set ordered_at = l.created_at, {", ".join(f"{c} = l.{c}" for c in columns)}
                from pg_temp.order_line l where l.id = i.id and l.old_ordered_at = i.ordered_at
                and (i.ordered_at, {", ".join(f"i.{c}" for c in columns)})
                    is distinct from (l.created_at, {", ".join(f"l.{c}" for c in columns)})
                returning i.id)
            update pg_temp.order_line l set is_changed = true from changed where changed.id = l.id"""
    )
    # the order's other items, which this file does not mention, repeat its status, too
    staging.execute(
        """update inventory_ops_orderitem i set status = o.status
           from pg_temp.order_head o join inventory_ops_orderitemkey n on n.order_id = o.id
           where not o.is_new and i.id = n.id and i.ordered_at = n.ordered_at and i.status <> o.status"""
    )


def _write_totals(staging: Staging) -> None:
    if staging.rows > MANY_ROWS:
        # what this transaction wrote is not in the statistics yet: a plan for an empty table takes minutes here, one
        # for a table of half the size does not
        tables = ["inventory_ops_orderitem", "inventory_ops_orderitemkey", "inventory_ops_order"]
        for table in outgrown(tables, staging.rows, share=1.0):
            staging.execute(f"analyze {table}")
    staging.execute(
        """update inventory_ops_order o set total_amount = t.total from (
               select n.order_id, sum(i.quantity * i.unit_price) as total from inventory_ops_orderitemkey n
               join inventory_ops_orderitem i on i.id = n.id and i.ordered_at = n.ordered_at
               where n.order_id in (select h.id from pg_temp.order_head h where not h.is_new) group by n.order_id) t
           where o.id = t.order_id and o.total_amount <> t.total"""
    )


# `51: insufficient funds` is code and message; without a short first word before a colon all is message
_HAS_CODE = "card_issue ~ '^[A-Za-z0-9_.-]{1,50}:'"
_CODE = f"case when {_HAS_CODE} then split_part(card_issue, ':', 1) else '' end"
_MESSAGE = f"case when {_HAS_CODE} then trim(substr(card_issue, strpos(card_issue, ':') + 1)) else card_issue end"


def _write_payment_attempts(staging: Staging) -> None:
    """A card issue is a failed attempt at the cart's last activity; the same one is not written twice."""
    staging.execute(
        f"""insert into inventory_ops_paymentattempt (order_id, attempted_at, succeeded, code, message)
            select n.* from (
                select id, last_activity_at, false, {_CODE} as code, {_MESSAGE} as message
                from pg_temp.order_head where card_issue is not null) n
            where not exists (select from inventory_ops_paymentattempt a where a.order_id = n.id and a.code = n.code
                              and a.message = n.message and not a.succeeded)
            on conflict (order_id, attempted_at, code) do update set message = excluded.message"""
    )


def _allocate(staging: Staging) -> None:
    """Allocate what open orders still have to ship; release what was shipped, cancelled or closed since."""
    ledger.stage()
    staged = staging.execute(
        """insert into pg_temp.ledger_booking (product_id, kind, quantity, occurred_at, reference, order_item_id)
           select t.product_id, case when t.target > t.held then 'allocated' else 'released' end, t.target - t.held,
               t.occurred_at, t.number, t.item
           from (
               select i.id as item, i.product_id, h.number, h.last_activity_at as occurred_at,
                   case when i.status = 2 then i.quantity - i.quantity_shipped - i.cancelled_quantity else 0 end
                       as target,
                   coalesce((select sum(e.quantity) from inventory_ops_inventoryevent e where e.order_item_id = i.id
                             and e.kind in ('allocated', 'released')), 0) as held
               from pg_temp.order_head h join inventory_ops_orderitemkey n on n.order_id = h.id
               join inventory_ops_orderitem i on i.id = n.id and i.ordered_at = n.ordered_at
               where (h.is_new and h.status = 2) or not h.is_new
           ) t where t.target <> t.held order by t.occurred_at, t.item"""
    )
    if staged:
        ledger.book_staged(source=EventSource.ORDER, actor=staging.actor, batch=staging.batch)
