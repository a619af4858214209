from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql

COUNT_FINDINGS_BEFORE = """
create or replace function inventory_ops_count_findings()
returns trigger
language plpgsql
as $function$
begin
    if tg_op = 'INSERT' then
        insert into inventory_ops_findingtotal (report, merchant_id, state, count, value)
        select report, merchant_id, state, count(*), sum(value) from changed
        group by grouping sets ((report, state), (report, state, merchant_id))
        having grouping(merchant_id) = 1 or merchant_id is not null;
    elsif tg_op = 'DELETE' then
        insert into inventory_ops_findingtotal (report, merchant_id, state, count, value)
        select report, merchant_id, state, -count(*), -sum(value) from before
        group by grouping sets ((report, state), (report, state, merchant_id))
        having grouping(merchant_id) = 1 or merchant_id is not null;
    else
        insert into inventory_ops_findingtotal (report, merchant_id, state, count, value)
        select report, merchant_id, state, sum(factor), sum(factor * value)
        from (select 1 as factor, report, merchant_id, state, value from changed
              union all select -1, report, merchant_id, state, value from before) x
        group by grouping sets ((report, state), (report, state, merchant_id))
        having (grouping(merchant_id) = 1 or merchant_id is not null)
           and (sum(factor) <> 0 or sum(factor * value) <> 0);
    end if;
    return null;
end $function$;
"""
STATS_BEFORE = """
create or replace function inventory_ops_stats_of_new_products()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_productstock (product_id, merchant_id, on_hand, available, value, category_id, is_live)
    select id, merchant_id, 0, 0, 0, category_id, is_live from inserted;
    insert into inventory_ops_productdemand (product_id, merchant_id) select id, merchant_id from inserted;
    return null;
end $function$;
"""
# A shop that is set up: its own currency needs no rate. Amounts of others stand apart until rates are loaded.
OWN_CURRENCY = """
insert into inventory_ops_currencyfactor (currency, factor) select currency, 1 from inventory_ops_shop
on conflict do nothing;
update inventory_ops_productstock t
set factor = inventory_ops_factor_of(m.currency), band = inventory_ops_band_of(m.currency)
from inventory_ops_merchant m where m.id = t.merchant_id and inventory_ops_band_of(m.currency) <> t.band;
update inventory_ops_order t
set factor = inventory_ops_factor_of(t.currency), band = inventory_ops_band_of(t.currency) where t.status = 1;
update inventory_ops_inventorycostissue t
set factor = inventory_ops_factor_of(m.currency), band = inventory_ops_band_of(m.currency)
from inventory_ops_merchant m where m.id = t.merchant_id;
update inventory_ops_shippingissue t
set factor = inventory_ops_factor_of(m.currency), band = inventory_ops_band_of(m.currency)
from inventory_ops_merchant m where m.id = t.merchant_id;
update inventory_ops_ordercostissue t
set factor = inventory_ops_factor_of(m.currency), band = inventory_ops_band_of(m.currency)
from inventory_ops_merchant m where m.id = t.merchant_id;
"""
# Findings were counted without their currencies.
FINDINGS_OF_MERCHANTS = """
update inventory_ops_finding f set currency = m.currency from inventory_ops_merchant m
where m.id = f.merchant_id and f.currency = '' and f.value <> 0;
update inventory_ops_finding f set currency = o.currency from inventory_ops_order o
where f.report = 'abandoned-checkouts' and o.id = f.row_id and f.currency = '';
"""


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0017_exchange_rates")]

    operations = [
        ApplySql("inventory_ops", "currency_order", "753c9cd8b7146c8e"),
        ApplySql("inventory_ops", "finding_totals", "171617eeb71eb334", before=COUNT_FINDINGS_BEFORE),
        ApplySql("inventory_ops", "product_statistics", "0d45cc5883ad54fe", before=STATS_BEFORE),
        migrations.RunSQL(OWN_CURRENCY, migrations.RunSQL.noop),
        migrations.RunSQL(FINDINGS_OF_MERCHANTS, migrations.RunSQL.noop),
    ]
