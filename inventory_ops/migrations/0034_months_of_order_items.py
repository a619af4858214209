"""Order items in months: the table is rebuilt as a partitioned one while it is in use (kit/db/rebuilding.py).

Broken off, `migrate` goes on where it stopped. The way back is the same with a plain table.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, migrations

from inventory_ops.kit.db.rebuilding import Rebuild
from inventory_ops.kit.db.sql_files import ApplySql

TABLE = "inventory_ops_orderitem"
LIKE = f"(like {TABLE} including defaults including constraints including identity including generated)"
IDENTITY = ("id", "status", "ordered_at")
UNIQUE = "order_item_shop_id_is_unique_in_its_store"
MONTHS_BACK, MONTHS_AHEAD = 120, 6  # items of any other date lie in the partition for those

MONTHS = """
select inventory_ops_make_order_month(m::date) from (
    select date_trunc('month', now()) + n * interval '1 month' from generate_series(0, %s) n
    union
    select distinct date_trunc('month', ordered_at at time zone 'UTC') from inventory_ops_orderitem
    where status in (2, 3) and ordered_at >= date_trunc('month', now()) - %s * interval '1 month'
    and ordered_at < date_trunc('month', now()) + %s * interval '1 month'
) x (m)
"""


def make_months(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"create table {name} {LIKE} partition by list (status)")
        cursor.execute(f"alter table {name} add primary key (id, status, ordered_at)")
        cursor.execute(f"create table {TABLE}_cart partition of {name} for values in (1)")
        cursor.execute(
            f"create table {TABLE}_placed partition of {name} for values in (2, 3) partition by range (ordered_at)"
        )
        cursor.execute(f"create table {TABLE}_default partition of {TABLE}_placed default")
        cursor.execute(MONTHS, [MONTHS_AHEAD, MONTHS_BACK, MONTHS_AHEAD])


def make_plain(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"create table {name} {LIKE}")
        cursor.execute(f"alter table {name} add primary key (id)")


def is_partitioned() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select relkind = 'p' from pg_class where oid = %s::regclass", [TABLE])
        return bool(cursor.fetchone()[0])


def forwards(apps: Any, schema_editor: Any) -> None:
    if not is_partitioned():
        Rebuild(TABLE, make_months, IDENTITY).run()


def backwards(apps: Any, schema_editor: Any) -> None:
    if is_partitioned():
        unique = (UNIQUE, "unique nulls not distinct (shop_item_id, store_id)")
        Rebuild(TABLE, make_plain, IDENTITY, with_constraints=(unique,)).run()


class Migration(migrations.Migration):
    atomic = False  # each batch is a transaction of its own

    dependencies = [
        ("inventory_ops", "0033_lines_of_channels_by_key"),
        ("lost_damaged", "0019_order_items_by_key"),  # nothing refers to the items themselves any more
        ("trackers", "0007_first_of_changed_products"),  # its triggers are taken over
    ]

    operations = [
        ApplySql("inventory_ops", "order_months", "685d8a8b06f0ae2d"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forwards, backwards)],
            # over all months the keys say it
            state_operations=[migrations.RemoveConstraint("orderitem", UNIQUE)],
        ),
        # taken over as PostgreSQL prints them: again as they are written
        ApplySql("inventory_ops", "issue_notes", "7ddfa5e840f8964a", before=""),
        ApplySql("inventory_ops", "order_keys", "e385237fa5f83860", before=""),
    ]
