"""Who is named in the Events Ledger, kept by a trigger, and events by the name as it stands there.

The planner has statistics of the column, none of upper(actor): an index of part of the rows gives it none. So it took
any actor for one of half a percent of the events.
"""

from django.db import migrations, models

NAMES = """
-- Two bookings at once may both add a name that is new: to forbid that, one would have to wait for the other.
create function inventory_ops_keep_event_actors() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_eventactor (name)
    select distinct actor from added where actor <> ''
    and not exists (select from inventory_ops_eventactor a where a.name = added.actor);
    return null;
end $$;
create trigger actors after insert on inventory_ops_inventoryevent
    referencing new table as added for each statement execute function inventory_ops_keep_event_actors();

-- who was named before the trigger
insert into inventory_ops_eventactor (name) select distinct actor from inventory_ops_inventoryevent where actor <> '';
analyze inventory_ops_eventactor;

create index inventory_event_by_actor on inventory_ops_inventoryevent (actor, recorded_at, id) where actor <> '';
drop index inventory_event_of_actor;
"""
BACK = """
create index inventory_event_of_actor on inventory_ops_inventoryevent (upper(actor) text_pattern_ops, recorded_at, id)
    where actor <> '';
drop index inventory_event_by_actor;
drop trigger actors on inventory_ops_inventoryevent;
drop function inventory_ops_keep_event_actors;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0020_shipping_periods")]

    operations = [
        migrations.CreateModel(
            name="EventActor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=254)),
            ],
            options={"indexes": [models.Index(fields=["name"], name="event_actor_by_name")]},
        ),
        migrations.RunSQL(NAMES, BACK),
    ]
