-- An API token is made for an account that is open, is never revived once it was revoked, keeps its account, scopes
-- and end, and is revoked when its account is disabled, whichever way that happens. `operations/api_tokens.py` relies
-- on it.

create or replace function inventory_ops_guard_token()
returns trigger
language plpgsql
as $function$
declare
    owner inventory_ops_user;
begin
    if tg_op = 'UPDATE' then
        if old.revoked_at is not null and new.revoked_at is null then
            raise exception 'A revoked API token stays revoked: make a new one.' using errcode = 'check_violation';
        end if;
        if (new.user_id, new.digest, new.scopes, new.expires_at)
            is distinct from (old.user_id, old.digest, old.scopes, old.expires_at) then
            raise exception 'An API token keeps its account, scopes and end.' using errcode = 'check_violation';
        end if;
        return new;
    end if;
    -- the row is locked: whoever disables the account meanwhile sees the token, or this sees that it is disabled
    select * into owner from inventory_ops_user where id = new.user_id for share;
    if not owner.is_active then
        raise exception 'A disabled account gets no API token.' using errcode = 'check_violation';
    end if;
    if new.made_by_id is not null and new.made_by_id <> new.user_id and not owner.is_service then
        raise exception 'An API token is made for oneself or for a service account.' using errcode = 'check_violation';
    end if;
    return new;
end $function$;

create or replace function inventory_ops_end_tokens()
returns trigger
language plpgsql
as $function$
begin
    update inventory_ops_apitoken set revoked_at = now() where user_id = new.id and revoked_at is null;
    return null;
end $function$;

create or replace trigger end_tokens after update of is_active on inventory_ops_user
    for each row when (not new.is_active) execute function inventory_ops_end_tokens();

create or replace trigger guard before insert or update on inventory_ops_apitoken
    for each row execute function inventory_ops_guard_token();
