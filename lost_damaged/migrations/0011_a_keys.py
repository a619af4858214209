"""API keys: for oneself or a service account; they end for good with the account, and are not made for a closed one."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
create function lost_damaged_guard_key() returns trigger language plpgsql as $$
declare
    owner inventory_ops_user;
begin
    if tg_op = 'UPDATE' then
        if old.revoked_at is not null and new.revoked_at is null then
            raise exception 'A revoked API key stays revoked: make a new one.' using errcode = 'check_violation';
        end if;
        if (new.user_id, new.made_by_id) is distinct from (old.user_id, old.made_by_id)
            and not (new.user_id = old.user_id and new.made_by_id is null) then
            raise exception 'An API key keeps its account and its maker.' using errcode = 'check_violation';
        end if;
        return new;
    end if;
    -- the row is locked: whoever disables the account meanwhile sees the key, or this sees that it is disabled
    select * into owner from inventory_ops_user where id = new.user_id for share;
    if not owner.is_active then
        raise exception 'A disabled account gets no API key.' using errcode = 'check_violation';
    end if;
    if new.made_by_id is not null and new.made_by_id <> new.user_id and not owner.is_service then
        raise exception 'An API key is made for oneself or for a service account.' using errcode = 'check_violation';
    end if;
    return new;
end $$;

create trigger guard before insert or update on lost_damaged_apikey
    for each row execute function lost_damaged_guard_key();

create function lost_damaged_end_keys() returns trigger language plpgsql as $$
begin
    update lost_damaged_apikey set revoked_at = now() where user_id = new.id and revoked_at is null;
    return null;
end $$;

create trigger end_keys after update of is_active on inventory_ops_user
    for each row when (not new.is_active) execute function lost_damaged_end_keys();

update lost_damaged_apikey k set revoked_at = now()
    from inventory_ops_user u where u.id = k.user_id and not u.is_active and k.revoked_at is null;
"""

GUARD_BACK = """
drop trigger end_keys on inventory_ops_user;
drop trigger guard on lost_damaged_apikey;
drop function lost_damaged_end_keys;
drop function lost_damaged_guard_key;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("lost_damaged", "0010_write_offs_by_hour"),
        ("inventory_ops", "0028_a_identity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "apikey",
            "made_by",
            models.ForeignKey(
                help_text="Empty: the command line.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, GUARD_BACK),
    ]
