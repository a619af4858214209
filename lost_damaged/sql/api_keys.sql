-- An API key is made for an account that is open, is never revived once it was revoked, and is revoked when its
-- account is disabled, whichever way that happens.

create or replace function lost_damaged_guard_key()
returns trigger
language plpgsql
as $function$
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
end $function$;

create or replace function lost_damaged_end_keys()
returns trigger
language plpgsql
as $function$
begin
    update lost_damaged_apikey set revoked_at = now() where user_id = new.id and revoked_at is null;
    return null;
end $function$;

create or replace trigger end_keys after update of is_active on inventory_ops_user
    for each row when (not new.is_active) execute function lost_damaged_end_keys();

create or replace trigger guard before insert or update on lost_damaged_apikey
    for each row execute function lost_damaged_guard_key();
