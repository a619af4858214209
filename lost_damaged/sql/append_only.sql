-- Write-offs, transactions, journal entries, factors, caps, spending, statements with their lines, adjustments and
-- payments, NAV batches, and steps of claims are never changed, deleted or truncated, but for the few fields that say
-- where they went next.

create or replace trigger append_only before update or delete on lost_damaged_claimstep
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_claimstep
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on lost_damaged_cap
    for each row execute function inventory_ops_only_withdraw();

create or replace trigger append_only_truncate before truncate on lost_damaged_cap
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on lost_damaged_factor
    for each row execute function inventory_ops_only_withdraw();

create or replace trigger append_only_truncate before truncate on lost_damaged_factor
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on lost_damaged_ledgerentry
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_ledgerentry
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger batch_is_frozen before update on lost_damaged_navbatch for each row
    when ((old.number, old.currency, old.month, old.first_day, old.last_day, old.sellers, old.posting_date, old.csv,
           old.json, old.sha256, old.line_count, old.debit_amount, old.credit_amount, old.created_by_id, old.created_at)
          is distinct from (new.number, new.currency, new.month, new.first_day, new.last_day, new.sellers,
           new.posting_date, new.csv, new.json, new.sha256, new.line_count, new.debit_amount, new.credit_amount,
           new.created_by_id, new.created_at)
          or old.state <> 'exported')
    execute function inventory_ops_refuse_change();

create or replace trigger batch_stays before delete on lost_damaged_navbatch
    for each row execute function inventory_ops_refuse_change();

create or replace trigger batch_line_is_frozen before update on lost_damaged_navbatchline for each row
    when ((old.batch_id, old.transaction_id, old.statement_id)
          is distinct from (new.batch_id, new.transaction_id, new.statement_id) or not old.active)
    execute function inventory_ops_refuse_change();

create or replace trigger batch_line_stays before delete on lost_damaged_navbatchline
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on lost_damaged_sellertransaction
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_sellertransaction
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before delete on lost_damaged_spending
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_spending
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger only_grows before update on lost_damaged_spending for each row
    when (new.amount < old.amount or (new.user_id, new.currency, new.import_id, new.hour, new.slot)
          is distinct from (old.user_id, old.currency, old.import_id, old.hour, old.slot))
    execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_statement
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger closed_stays before delete on lost_damaged_statement
    for each row when (old.state in ('closed', 'paid')) execute function inventory_ops_refuse_change();

create or replace trigger append_only before delete on lost_damaged_statementline
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_statementline
    for each statement execute function inventory_ops_refuse_change();

-- which statement a line is on is for the trigger `moved`
create or replace trigger line_is_frozen before update on lost_damaged_statementline for each row
    when ((old.id, old.merchant_id, old.currency, old.kind, old.order_item_id, old.transaction_id, old.adjustment_id,
           old.sequence, old.quantity, old.unit_amount, old.amount, old.occurred_at, old.recorded_at)
          is distinct from (new.id, new.merchant_id, new.currency, new.kind, new.order_item_id, new.transaction_id,
           new.adjustment_id, new.sequence, new.quantity, new.unit_amount, new.amount, new.occurred_at,
           new.recorded_at))
    execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on lost_damaged_adjustment
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_adjustment
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on lost_damaged_payment
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_payment
    for each statement execute function inventory_ops_refuse_change();

create or replace trigger append_only before delete on lost_damaged_waitingunit
    for each row execute function inventory_ops_refuse_change();

create or replace trigger decided_is_frozen before update on lost_damaged_waitingunit
    for each row when (old.state <> 'waiting') execute function inventory_ops_refuse_change();

create or replace trigger append_only before update or delete on lost_damaged_writeoff
    for each row execute function inventory_ops_refuse_change();

create or replace trigger append_only_truncate before truncate on lost_damaged_writeoff
    for each statement execute function inventory_ops_refuse_change();
