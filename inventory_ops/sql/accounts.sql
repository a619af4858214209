-- The e-mail is an account's identity: allauth's table of addresses may repeat it, never add to it. However an
-- account is disabled, renamed or given another role, its session epoch rises, so that whatever was opened before
-- ends permanently. One administrator who can sign in is always left, whoever changes accounts, and however many do
-- at once. Sign-in, `operations/people.py` and `operations/person.py` rely on it.

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

create or replace function inventory_ops_keep_administrator()
returns trigger
language plpgsql
as $function$
begin
    -- the lock of operations/person.py: of two who take the last two away, the second sees what the first did
    perform pg_advisory_xact_lock(hashtextextended('people', 0));
    if not exists (
        select from inventory_ops_user u
        where u.is_active and (u.role = 'admin' or u.is_superuser) and not u.is_service and u.password not like '!%'
    ) then
        raise exception 'This is the last active administrator. Make another one first.'
            using errcode = 'integrity_constraint_violation', constraint = 'user_last_administrator';
    end if;
    return null;
end $function$;

create or replace trigger keep_administrator after update of is_active, role, is_superuser, password
    on inventory_ops_user
    for each row
    when (
        old.is_active and (old.role = 'admin' or old.is_superuser) and not old.is_service and old.password not like '!%'
        and not (new.is_active and (new.role = 'admin' or new.is_superuser) and new.password not like '!%')
    )
    execute function inventory_ops_keep_administrator();

create or replace trigger guard before insert or update on account_emailaddress
    for each row execute function inventory_ops_guard_address();

create or replace trigger drop_addresses after update of email on inventory_ops_user
    for each row when (new.email is distinct from old.email) execute function inventory_ops_drop_addresses();

create or replace trigger guard before update on inventory_ops_user
    for each row execute function inventory_ops_guard_user();
