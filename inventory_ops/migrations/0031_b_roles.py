"""Partitions of the ledger are made and dropped in the owner's name: the role of the product owns nothing."""

from __future__ import annotations

from django.db import migrations

DEFINERS = """
alter function inventory_ops_make_ledger_partition(date) security definer set search_path = public, pg_temp;

-- Drops the partition of a past month if it holds no event; answers whether it did. Waits two seconds for the table.
create function inventory_ops_drop_ledger_partition(month date) returns boolean language plpgsql security definer
set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
    partition text := 'inventory_ops_inventoryevent_' || to_char(month, 'YYYYMM');
    has_events boolean;
begin
    if month >= date_trunc('month', now() at time zone 'UTC') or not exists (
        select from pg_inherits where inhrelid = to_regclass('public.' || partition)
            and inhparent = 'public.inventory_ops_inventoryevent'::regclass) then
        return false;
    end if;
    execute format('select exists (select from public.%I)', partition) into has_events;
    if has_events then
        return false;
    end if;
    execute format('lock table public.%I in access exclusive mode', partition);
    execute format('select exists (select from public.%I)', partition) into has_events;  -- now nobody can put one in
    if has_events then
        return false;
    end if;
    execute format('drop table public.%I', partition);
    return true;
end $$;
"""
BACK = """
drop function inventory_ops_drop_ledger_partition;
alter function inventory_ops_make_ledger_partition(date) security invoker reset search_path;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0030_b_proposals")]

    operations = [migrations.RunSQL(DEFINERS, BACK)]
