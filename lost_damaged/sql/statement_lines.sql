-- Every amount is on exactly one statement: what an order item owes is the sum of its lines, at every commit.
--
-- The view says what is owed; whoever changes an order item makes, in the same transaction, the lines of the
-- difference on the statement that is open then. Lines hold that statement FOR SHARE and whoever closes it takes it
-- FOR UPDATE, so a line is never added to a closed one. Relied on by closing, and proved by `manage.py verify_ledger`.

-- Of sellers with statements: order items shipped, and units returned, since the first statement began. What happened
-- before was settled elsewhere. Amounts are rounded once, for all units of the item together.
create or replace view lost_damaged_owed as
select i.id as order_item_id, i.merchant_id, o.currency, k.kind, k.quantity, k.unit_amount,
       k.sign * round(k.quantity * k.unit_amount, lost_damaged_minor_units(o.currency)) as amount, k.occurred_at
from inventory_ops_orderitem i
join inventory_ops_order o on o.id = i.order_id
cross join lateral (select min(s.starts_at) as begins_at from lost_damaged_statement s
                    where s.merchant_id = i.merchant_id) books
cross join lateral (values
    ('order', i.quantity_shipped, i.unit_price, 1, i.shipped_at),
    ('fee', i.quantity_shipped, i.commission, -1, i.shipped_at),
    ('refund', i.returned_quantity, i.unit_price, -1, i.returned_at),
    ('fee_refund', i.returned_quantity, i.commission, 1, i.returned_at)
) k (kind, quantity, unit_amount, sign, occurred_at)
where i.quantity_shipped > 0 and k.quantity > 0 and k.occurred_at >= books.begins_at
  and (k.kind in ('order', 'refund') or k.unit_amount <> 0);

-- Where the books of sellers begin, order items have to wait, and the other way round: otherwise an item that is
-- shipped at the same moment were on no statement. A lock for each of 64 shares of the sellers, taken in their order.
create or replace function lost_damaged_books_lock(seller bigint)
returns integer
language sql
immutable parallel safe
return (seller % 64)::integer;

-- Write the lines by which order items differ from what is owed; answers how many.
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
    -- the open statement is looked up a line, not joined: where the first statements of many sellers begin, a join knows
    -- of none yet and compares each line with each of them
    select (select s.id from lost_damaged_statement s
            where s.merchant_id = d.merchant_id and s.currency = d.currency and s.state = 'open') as statement_id,
           d.merchant_id, d.currency, d.kind, d.order_item_id,
           coalesce(d.last, 0) + row_number() over (partition by d.order_item_id, d.kind order by d.merchant_id,
                                                           d.currency),
           d.quantity, d.unit_amount, d.amount, coalesce(d.occurred_at, now()), now()
    from due d
    order by statement_id, d.occurred_at, d.order_item_id;
    get diagnostics written = row_count;
    return written;
end $function$;

create or replace function lost_damaged_items_added()
returns trigger
language plpgsql
SET enable_seqscan TO 'off'
as $function$
declare
    items bigint[];
begin
    if not exists (select from added where quantity_shipped > 0) then
        return null;
    end if;
    perform pg_advisory_xact_lock_shared(hashtext('lost_damaged.books'), part)
        from (select distinct lost_damaged_books_lock(merchant_id) as part from added order by 1) parts;
    -- after the lock, since books may just have begun. New items have no lines, so what was settled before needs none:
    -- history is loaded without looking each item up in all months.
    select array_agg(a.id) into items from added a
    where a.quantity_shipped > 0 and greatest(a.shipped_at, a.returned_at) >= (
        select min(s.starts_at) from lost_damaged_statement s where s.merchant_id = a.merchant_id);
    if items is not null then
        perform lost_damaged_bring_lines(items);
    end if;
    return null;
end $function$;

create or replace function lost_damaged_items_changed()
returns trigger
language plpgsql
as $function$
declare
    items bigint[];
begin
    -- set operations and no join of the two, which without statistics would compare each row with each
    select array_agg(distinct id) into items
    from ((select id, quantity_shipped, shipped_at, returned_quantity, returned_at, unit_price, commission, merchant_id
           from after where quantity_shipped > 0
           except
           select id, quantity_shipped, shipped_at, returned_quantity, returned_at, unit_price, commission, merchant_id
           from before)
          union all
          (select id, quantity_shipped, shipped_at, returned_quantity, returned_at, unit_price, commission, merchant_id
           from before where quantity_shipped > 0
           except
           select id, quantity_shipped, shipped_at, returned_quantity, returned_at, unit_price, commission, merchant_id
           from after)) changed;
    if items is not null then
        perform pg_advisory_xact_lock_shared(hashtext('lost_damaged.books'), part)
            from (select distinct lost_damaged_books_lock(merchant_id) as part from after order by 1) parts;
        perform lost_damaged_bring_lines(items);
    end if;
    return null;
end $function$;

create or replace function lost_damaged_keep_item()
returns trigger
language plpgsql
as $function$
declare
    kept text;
begin
    select r.shop_item_id into kept
    from removed r where exists (select from lost_damaged_statementline l where l.order_item_id = r.id) limit 1;
    if found then
        raise exception 'Order item % is on a statement: it stays.', kept using errcode = 'foreign_key_violation';
    end if;
    return null;
end $function$;

create or replace function lost_damaged_keep_order_currency()
returns trigger
language plpgsql
as $function$
begin
    if exists (select from inventory_ops_orderitem i join lost_damaged_statementline l on l.order_item_id = i.id
               where i.order_id = old.id) then
        raise exception 'The currency of order % stays %: its items are on a statement.', old.number, old.currency
            using errcode = 'check_violation';
    end if;
    return new;
end $function$;

-- The first statement of a seller: order items wait until it is committed.
create or replace function lost_damaged_begin_books()
returns trigger
language plpgsql
as $function$
begin
    if not exists (select from lost_damaged_statement where merchant_id = new.merchant_id) then
        perform pg_advisory_xact_lock(hashtext('lost_damaged.books'), lost_damaged_books_lock(new.merchant_id));
    end if;
    return new;
end $function$;

-- … and takes in what was shipped and returned since it begins.
create or replace function lost_damaged_fill_books()
returns trigger
language plpgsql
as $function$
declare
    items bigint[];
begin
    select array_agg(i.id) into items
    from added a
    join inventory_ops_product p on p.merchant_id = a.merchant_id
    join inventory_ops_orderitem i on i.product_id = p.id and i.quantity_shipped > 0
        and (i.shipped_at >= a.starts_at or i.returned_at >= a.starts_at)
    where a.previous_id is null and a.state = 'open';
    if items is not null then
        perform lost_damaged_bring_lines(items);
    end if;
    return null;
end $function$;

-- A line goes to the open statement of its seller and currency, and leaves it only for the next one, while it closes.
create or replace function lost_damaged_check_new_lines()
returns trigger
language plpgsql
SET enable_seqscan TO 'off'
as $function$
declare
    wrong record;
begin
    select a.statement_id, a.merchant_id, a.currency into wrong
    from (select distinct statement_id, merchant_id, currency from added) a
    where (select (s.merchant_id, s.currency, s.state) = (a.merchant_id, a.currency, 'open')
           from lost_damaged_statement s where s.id = a.statement_id) is not true
    limit 1;
    if found then
        raise exception 'Statement % is not the open one of seller % in %.',
            wrong.statement_id, wrong.merchant_id, wrong.currency using errcode = 'check_violation';
    end if;
    return null;
end $function$;

-- Rows are not paired by a join, which without statistics would compare each with each: a statement's set of lines
-- changed where the hashes of their ids do not cancel out.
create or replace function lost_damaged_check_moved_lines()
returns trigger
language plpgsql
as $function$
declare
    wrong bigint;
begin
    select d.statement_id into wrong
    from (select statement_id
          from (select statement_id, hashint8extended(id, 0)::numeric as hash from after
                union all select statement_id, -hashint8extended(id, 0)::numeric from before) x
          group by statement_id having sum(hash) <> 0) d
    left join lost_damaged_statement s on s.id = d.statement_id
    left join lost_damaged_statement p on p.id = s.previous_id
    where (s.state = 'closing' or s.state = 'open' and p.state = 'closing') is not true limit 1;
    if found then
        raise exception 'Lines of statement % cannot move.', wrong using errcode = 'insufficient_privilege';
    end if;
    select a.statement_id into wrong
    from (select distinct statement_id, merchant_id, currency from after) a
    left join lost_damaged_statement s on s.id = a.statement_id and s.merchant_id = a.merchant_id
        and s.currency = a.currency
    where s.id is null limit 1;
    if found then
        raise exception 'Statement % is of another seller or currency than its line.', wrong
            using errcode = 'check_violation';
    end if;
    return null;
end $function$;

create or replace trigger statement_lines_added after insert on inventory_ops_orderitem
    referencing new table as added for each statement execute function lost_damaged_items_added();

create or replace trigger statement_lines_changed after update on inventory_ops_orderitem
    referencing old table as before new table as after for each statement execute function lost_damaged_items_changed();

-- of a whole statement: an item that moves to another month is deleted there as far as triggers of rows see it
create or replace trigger statement_lines_keep_item after delete on inventory_ops_orderitem
    referencing old table as removed for each statement execute function lost_damaged_keep_item();

create or replace trigger statement_lines_keep_currency before update of currency on inventory_ops_order
    for each row when (old.currency is distinct from new.currency) execute function lost_damaged_keep_order_currency();

create or replace trigger begin_books before insert on lost_damaged_statement
    for each row when (new.previous_id is null) execute function lost_damaged_begin_books();

create or replace trigger fill_books after insert on lost_damaged_statement
    referencing new table as added for each statement execute function lost_damaged_fill_books();

create or replace trigger checked after insert on lost_damaged_statementline
    referencing new table as added for each statement execute function lost_damaged_check_new_lines();

create or replace trigger moved after update on lost_damaged_statementline
    referencing old table as before new table as after for each statement
    execute function lost_damaged_check_moved_lines();
