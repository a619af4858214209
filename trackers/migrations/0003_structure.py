"""What models cannot state: a key over a tracker and its merchant, covering keys, storage."""

from __future__ import annotations

from django.db import migrations

SQL = """
alter table trackers_tracker add constraint tracker_product_of_merchant
    foreign key (merchant_id, product_id) references inventory_ops_product (merchant_id, id)
    deferrable initially deferred;
-- health is written back often: room for it in the same page
alter table trackers_tracker set (fillfactor = 70);
-- the days of a window are read without their rows
alter table trackers_productday drop constraint trackers_productday_pkey,
    add primary key (product_id, day) include (sold, shipped);
"""
BACK = "alter table trackers_tracker drop constraint tracker_product_of_merchant"


class Migration(migrations.Migration):
    dependencies = [("trackers", "0002_constraints")]

    operations = [migrations.RunSQL(SQL, BACK)]
