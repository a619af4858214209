"""A seller's factor was in two places: those of merchants, which counted after all others, become rows of their own."""

from django.db import migrations

# before every other one of the seller, which counts more
COPY = """
insert into lost_damaged_factor (merchant_id, factor, valid_from, note, created_by, created_at)
select m.id, m.write_off_factor,
       least(m.created_at, (select min(f.valid_from) from lost_damaged_factor f where f.merchant_id = m.id))
           - interval '1 second', 'Loaded with the merchants', '', now()
from inventory_ops_merchant m where m.write_off_factor is not null
"""
# the way back takes the last one that was loaded or set, and leaves the rows, which are never deleted
BACK = """
update inventory_ops_merchant m set write_off_factor = f.factor
from (select distinct on (merchant_id) merchant_id, factor from lost_damaged_factor
      where merchant_id is not null and note = 'Loaded with the merchants' and withdrawn_at is null
      order by merchant_id, valid_from desc, id desc) f
where f.merchant_id = m.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0012_returned_quantity"),
        ("lost_damaged", "0012_nav_of_statements"),
    ]
    run_before = [("inventory_ops", "0013_factor_in_one_place")]

    operations = [migrations.RunSQL(COPY, BACK)]
