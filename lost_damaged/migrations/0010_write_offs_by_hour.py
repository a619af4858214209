"""How many units were written off in each hour, kept by a trigger: the overview counts no rows for it."""

from django.db import migrations, models

TOTALS = """
-- A total is changed with every booking: room on its page keeps its versions there, out of the index.
alter table lost_damaged_writeoffhour set (fillfactor = 50);

create function lost_damaged_count_write_offs() returns trigger language plpgsql
set enable_seqscan = off as $$
declare
    booked record;
begin
    for booked in select date_trunc('hour', created_at, 'UTC') as hour, count(*) as units from added group by 1 loop
        update lost_damaged_writeoffhour set units = units + booked.units
        where id = (select id from lost_damaged_writeoffhour where hour = booked.hour
                    limit 1 for no key update skip locked);
        if not found then
            insert into lost_damaged_writeoffhour (hour, units) values (booked.hour, booked.units);
        end if;
    end loop;
    return null;
end $$;
create trigger counted after insert on lost_damaged_writeoff
    referencing new table as added for each statement execute function lost_damaged_count_write_offs();

-- what was there before the trigger
insert into lost_damaged_writeoffhour (hour, units)
select date_trunc('hour', created_at, 'UTC'), count(*) from lost_damaged_writeoff group by 1;
"""
BACK = """
drop trigger counted on lost_damaged_writeoff;
drop function lost_damaged_count_write_offs;
"""


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0009_leaner_write_offs")]

    operations = [
        migrations.CreateModel(
            name="WriteOffHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("units", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["hour"], name="write_off_hour_by_time")]},
        ),
        migrations.RunSQL(TOTALS, BACK),
    ]
