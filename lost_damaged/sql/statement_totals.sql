-- Sums and digest of the lines of each statement by kind, kept as lines are added and moved: closing reads them and not
-- the lines. Compared with the lines by `verify_ledger`.

-- A line as a number: each field is hashed with the one before as its seed, by the functions that hash partitions rely
-- on, too. `thing` is the order item, transaction or adjustment. The sum of its lines is kept by a closed statement:
-- lines that were altered, moved, deleted, doubled or exchanged make another sum.
create or replace function lost_damaged_line_digest(id bigint, kind text, thing bigint, sequence integer,
    quantity integer, amount numeric, occurred_at timestamptz)
returns bigint
language sql
immutable parallel safe
return hashint8extended(id, hash_numeric_extended(amount, hashint8extended(thing, hashtextextended(kind,
    timestamptz_hash_extended(occurred_at, quantity * 4294967296 + sequence)))));

-- Each sum is added to a row that nobody else holds, or makes one: nobody waits for somebody else's transaction, and a
-- statement has no more rows of a kind than there were writers at once.
create or replace function lost_damaged_add_totals(statements bigint[], kinds text[], amounts numeric[], lines bigint[],
    digests numeric[])
returns void
language sql
SET enable_seqscan TO 'off'
as $function$
    with added as materialized (
        select x.*, (select t.id from lost_damaged_statementtotal t
                     where t.statement_id = x.statement_id and t.kind = x.kind
                     limit 1 for no key update skip locked) as total_id
        from unnest(statements, kinds, amounts, lines, digests) x(statement_id, kind, amount, lines, digest)
    ), changed as (
        update lost_damaged_statementtotal t
        set amount = t.amount + a.amount, lines = t.lines + a.lines, digest = t.digest + a.digest
        from added a where t.id = a.total_id
    )
    insert into lost_damaged_statementtotal (statement_id, kind, amount, lines, digest)
    select statement_id, kind, amount, lines, digest from added where total_id is null
    order by statement_id, kind
$function$;

create or replace function lost_damaged_total_added()
returns trigger
language plpgsql
as $function$
begin
    perform lost_damaged_add_totals(array_agg(statement_id), array_agg(kind), array_agg(amount), array_agg(lines),
        array_agg(digest))
    from (select statement_id, kind, sum(amount) as amount, count(*) as lines,
                 sum(lost_damaged_line_digest(id, kind, coalesce(order_item_id, transaction_id, adjustment_id),
                     sequence, quantity, amount, occurred_at)) as digest
          from added group by 1, 2) x
    having count(*) > 0;
    return null;
end $function$;

create or replace function lost_damaged_total_moved()
returns trigger
language plpgsql
as $function$
begin
    perform lost_damaged_add_totals(array_agg(statement_id), array_agg(kind), array_agg(amount), array_agg(lines),
        array_agg(digest))
    from (select statement_id, kind, sum(sign * amount) as amount, sum(sign) as lines,
                 sum(sign * lost_damaged_line_digest(id, kind, coalesce(order_item_id, transaction_id, adjustment_id),
                     sequence, quantity, amount, occurred_at)) as digest
          from (select 1 as sign, * from after union all select -1, * from before) x group by 1, 2) x
    having count(*) > 0;
    return null;
end $function$;

create or replace trigger totalled after insert on lost_damaged_statementline
    referencing new table as added for each statement execute function lost_damaged_total_added();

create or replace trigger totalled_again after update on lost_damaged_statementline
    referencing old table as before new table as after for each statement execute function lost_damaged_total_moved();
