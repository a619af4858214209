-- How many findings of a report are open, and their value in each currency, by merchant: kept by statement when
-- findings are written, read by the menu and the overview (`queries/findings.py`), compared by `verify_ledger`.

create or replace function inventory_ops_count_findings()
returns trigger
language plpgsql
as $function$
begin
    if tg_op = 'INSERT' then
        insert into inventory_ops_findingtotal (report, merchant_id, state, currency, count, value)
        select report, merchant_id, state, currency, count(*), sum(value) from changed
        group by grouping sets ((report, state, currency), (report, state, currency, merchant_id))
        having grouping(merchant_id) = 1 or merchant_id is not null;
    elsif tg_op = 'DELETE' then
        insert into inventory_ops_findingtotal (report, merchant_id, state, currency, count, value)
        select report, merchant_id, state, currency, -count(*), -sum(value) from before
        group by grouping sets ((report, state, currency), (report, state, currency, merchant_id))
        having grouping(merchant_id) = 1 or merchant_id is not null;
    else
        insert into inventory_ops_findingtotal (report, merchant_id, state, currency, count, value)
        select report, merchant_id, state, currency, sum(factor), sum(factor * value)
        from (select 1 as factor, report, merchant_id, state, currency, value from changed
              union all select -1, report, merchant_id, state, currency, value from before) x
        group by grouping sets ((report, state, currency), (report, state, currency, merchant_id))
        having (grouping(merchant_id) = 1 or merchant_id is not null)
           and (sum(factor) <> 0 or sum(factor * value) <> 0);
    end if;
    return null;
end $function$;

create or replace trigger finding_totals_delete after delete on inventory_ops_finding referencing old table as before
    for each statement execute function inventory_ops_count_findings();

create or replace trigger finding_totals_insert after insert on inventory_ops_finding referencing new table as changed
    for each statement execute function inventory_ops_count_findings();

create or replace trigger finding_totals_update after update on inventory_ops_finding
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_count_findings();
