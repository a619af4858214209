-- The e-mail is an account's identity: allauth's table of addresses may repeat it, never add to it. However an
-- account is disabled, renamed or given another role, its session epoch rises, so that whatever was opened before
-- ends permanently. Sign-in and `operations/people.py` rely on it.

create or replace function inventory_ops_guard_user()
returns trigger
language plpgsql
as $function$
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
end $function$;

create or replace function inventory_ops_guard_address()
returns trigger
language plpgsql
as $function$
begin
    if not exists (select from inventory_ops_user u where u.id = new.user_id and u.email = lower(new.email)) then
        raise exception 'An account has one e-mail, which user administration changes.'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $function$;

create or replace function inventory_ops_drop_addresses()
returns trigger
language plpgsql
as $function$
begin
    delete from account_emailaddress where user_id = new.id;
    return null;
end $function$;

create or replace trigger guard before insert or update on account_emailaddress
    for each row execute function inventory_ops_guard_address();

create or replace trigger drop_addresses after update of email on inventory_ops_user
    for each row when (new.email is distinct from old.email) execute function inventory_ops_drop_addresses();

create or replace trigger guard before update on inventory_ops_user
    for each row execute function inventory_ops_guard_user();
