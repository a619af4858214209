"""The e-mail is the identity: in lower case, changed by user administration alone. The database ends sessions."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

# However an account is disabled, renamed or given another role: whatever was opened before ends for good.
GUARD = """
create function inventory_ops_guard_user() returns trigger language plpgsql as $$
begin
    if new.email is distinct from old.email then
        new.email_changed_at := now();
    end if;
    new.session_epoch := greatest(new.session_epoch, old.session_epoch);
    if new.session_epoch = old.session_epoch and (
        (old.is_active and not new.is_active)
        or (new.email, new.role, new.is_superuser, new.merchant_id)
            is distinct from (old.email, old.role, old.is_superuser, old.merchant_id)
    ) then
        new.session_epoch := old.session_epoch + 1;
    end if;
    return new;
end $$;

create trigger guard before update on inventory_ops_user
    for each row execute function inventory_ops_guard_user();

-- allauth's own table of addresses may repeat the identity, never add to it
create function inventory_ops_guard_address() returns trigger language plpgsql as $$
begin
    if not exists (select from inventory_ops_user u where u.id = new.user_id and u.email = lower(new.email)) then
        raise exception 'An account has one e-mail, which user administration changes.'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

delete from account_emailaddress a
    using inventory_ops_user u where u.id = a.user_id and u.email <> lower(a.email);

create trigger guard before insert or update on account_emailaddress
    for each row execute function inventory_ops_guard_address();

create function inventory_ops_drop_addresses() returns trigger language plpgsql as $$
begin
    delete from account_emailaddress where user_id = new.id;
    return null;
end $$;

create trigger drop_addresses after update of email on inventory_ops_user
    for each row when (new.email is distinct from old.email) execute function inventory_ops_drop_addresses();
"""

GUARD_BACK = """
drop trigger drop_addresses on inventory_ops_user;
drop trigger guard on account_emailaddress;
drop trigger guard on inventory_ops_user;
drop function inventory_ops_drop_addresses;
drop function inventory_ops_guard_address;
drop function inventory_ops_guard_user;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0027_demand_counted"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.AddField(
            "user",
            "is_service",
            models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="A program's account: it signs API calls, and nobody can sign in with it.",
                verbose_name="service account",
            ),
        ),
        migrations.AddField(
            "user",
            "responsible",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="services",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "user",
            "email_changed_at",
            models.DateTimeField(editable=False, null=True, verbose_name="e-mail changed at"),
        ),
        migrations.RunSQL(
            "update inventory_ops_user set email = lower(email) where email <> lower(email)", migrations.RunSQL.noop
        ),
        # what a field's change left for the end of the transaction, before the table is altered again
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="user_email_is_in_lower_case",
            ),
        ),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                condition=models.Q(("is_service", False), ("responsible__isnull", True))
                | models.Q(("is_service", True), ("password__startswith", "!"), ("responsible__isnull", False)),
                name="user_service_has_no_password",
            ),
        ),
        migrations.AddField(
            "delivery",
            "address",
            models.EmailField(
                blank=True,
                default="",
                help_text="Of a letter about an account, which no destination filters.",
                max_length=254,
                verbose_name="address",
            ),
        ),
        migrations.RunSQL(GUARD, GUARD_BACK),
    ]
