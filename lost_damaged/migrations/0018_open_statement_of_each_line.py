"""Lines find their open statement by its index, also where the planner knows of no statement yet."""

from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

BEFORE = """
create or replace function lost_damaged_bring_lines(items bigint[])
returns bigint
language plpgsql
SET enable_seqscan TO 'off'
as $function$
declare
    sellers bigint[];
    currencies text[];
    held bigint;
    written bigint;
begin
    select array_agg(p.merchant_id), array_agg(p.currency) into sellers, currencies
    from (select i.merchant_id, o.currency
          from unnest(items) x(id) join inventory_ops_orderitem i on i.id = x.id
          join inventory_ops_order o on o.id = i.order_id
          where exists (select from lost_damaged_statement s where s.merchant_id = i.merchant_id)
          union
          select l.merchant_id, l.currency
          from unnest(items) x(id) join lost_damaged_statementline l on l.order_item_id = x.id) p;
    if sellers is null then
        return 0;
    end if;
    loop
        insert into lost_damaged_statement (number, merchant_id, currency, state, starts_at, opening_amount, paid_amount,
            closed_by)
        select lost_damaged_number('ST', 'lost_damaged_statement_seq'), p.merchant_id, p.currency, 'open',
               (select min(s.starts_at) from lost_damaged_statement s where s.merchant_id = p.merchant_id), 0, 0, ''
        from unnest(sellers, currencies) p(merchant_id, currency)
        where not exists (select from lost_damaged_statement s
                          where s.merchant_id = p.merchant_id and s.currency = p.currency and s.state = 'open')
        order by p.merchant_id, p.currency on conflict do nothing;
        perform from lost_damaged_statement s
            join unnest(sellers, currencies) p(merchant_id, currency) using (merchant_id, currency)
            where s.state = 'open' order by s.id for share of s;
        get diagnostics held = row_count;
        -- one was closed while we waited for it: its successor is open now
        exit when held = cardinality(sellers);
    end loop;
    with touched as (
        select distinct x.id from unnest(items) x(id)
    ), owed as (
        select w.* from touched t join lost_damaged_owed w on w.order_item_id = t.id
    ), had as (
        select l.order_item_id, l.merchant_id, l.currency, l.kind, sum(l.quantity) as quantity, sum(l.amount) as amount,
               count(*) as lines, max(l.sequence) as sequence
        from touched t join lost_damaged_statementline l on l.order_item_id = t.id group by 1, 2, 3, 4
    ), compared as (
        select order_item_id, merchant_id, currency, kind, coalesce(o.quantity, 0) - coalesce(h.quantity, 0) as quantity,
               o.unit_amount, coalesce(o.amount, 0) - coalesce(h.amount, 0) as amount,
               -- more of the same happened when it happened; what takes something back happens now
               case when h.lines is null or coalesce(o.quantity, 0) > h.quantity then o.occurred_at end as occurred_at,
               max(h.sequence) over (partition by order_item_id, kind) as last
        from owed o full join had h using (order_item_id, merchant_id, currency, kind)
    ), due as (
        select * from compared where quantity <> 0 or amount <> 0
    )
    insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, order_item_id, sequence, quantity,
        unit_amount, amount, occurred_at, recorded_at)
    select s.id, d.merchant_id, d.currency, d.kind, d.order_item_id,
           coalesce(d.last, 0) + row_number() over (partition by d.order_item_id, d.kind order by d.merchant_id,
                                                           d.currency),
           d.quantity, d.unit_amount, d.amount, coalesce(d.occurred_at, now()), now()
    from due d
    join lost_damaged_statement s on s.merchant_id = d.merchant_id and s.currency = d.currency and s.state = 'open'
    order by s.id, d.occurred_at, d.order_item_id;
    get diagnostics written = row_count;
    return written;
end $function$;

create or replace function lost_damaged_check_new_lines()
returns trigger
language plpgsql
as $function$
declare
    wrong record;
begin
    select a.statement_id, a.merchant_id, a.currency into wrong
    from (select distinct statement_id, merchant_id, currency from added) a
    left join lost_damaged_statement s on s.id = a.statement_id and s.merchant_id = a.merchant_id
        and s.currency = a.currency and s.state = 'open'
    where s.id is null limit 1;
    if found then
        raise exception 'Statement % is not the open one of seller % in %.',
            wrong.statement_id, wrong.merchant_id, wrong.currency using errcode = 'check_violation';
    end if;
    return null;
end $function$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("lost_damaged", "0017_statement_totals"),
    ]

    operations = [
        ApplySql("lost_damaged", "statement_lines", "8be6dd10e3506d6a", before=BEFORE),
    ]
