"""Platform users. New ones cannot log in until a password is set."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.models import User
from inventory_ops.models.audit import Security
from inventory_ops.operations import security
from inventory_ops.operations.imports.merge import merge


def _event(action: Security, condition: str, data: str, told: str) -> str:
    return f"""select %(actor_id)s::bigint, %(actor)s, '{action.value}', 'user', user_id::text, {told}, {data}, ''
        from merged where {condition}"""


# One line a user, by the statement that changes it.
SECURITY_LOG = f"""
    insert into inventory_ops_auditevent
        (actor_id, actor, action, subject_type, subject_id, summary, data, request_id)
    {
    " union all ".join(
        [
            _event(Security.ACCOUNT_MADE, "action = 'INSERT'", "jsonb_build_object('role', new_role)", "email"),
            _event(
                Security.ROLE_CHANGED,
                "action = 'UPDATE' and old_role <> new_role",
                "jsonb_build_object('old', old_role, 'new', new_role)",
                "email || ': ' || coalesce(nullif(old_role, ''), '–') || ' → ' || coalesce(nullif(new_role, ''), '–')",
            ),
            _event(Security.DISABLED, "action = 'UPDATE' and was_active and not is_active", "'{}'::jsonb", "email"),
            _event(Security.ENABLED, "action = 'UPDATE' and not was_active and is_active", "'{}'::jsonb", "email"),
        ]
    )
}"""


def check_users(staging: Staging) -> None:
    user = "left join inventory_ops_user u on u.email = s.email"
    merchant = "left join inventory_ops_merchant m on m.vendor_number = s.vendor_number"
    staging.errors(
        "vendor_number",
        "unknown",
        "'There is no such merchant: load merchants first'",
        f"{merchant} where s.vendor_number is not null and m.id is null",
    )
    role = "coalesce(s.role, '')" if "role" in staging.present else "coalesce(u.role, '')"
    vendor = "s.vendor_number is not null" if "vendor_number" in staging.present else "u.merchant_id is not null"
    # a wrong role was already told: what goes with it is unknown
    sound = "s.line not in (select line from pg_temp.import_error where col in ('role', 'vendor_number'))"
    staging.errors(
        "vendor_number",
        "required",
        "'The role merchant needs the vendor number of its merchant'",
        f"{user} where {role} = 'merchant' and not {vendor} and {sound}",
    )
    staging.errors(
        "vendor_number",
        "not_allowed",
        "'Only the role merchant goes with a vendor number: leave it empty'",
        f"{user} where {role} <> 'merchant' and {vendor} and {sound}",
        value="coalesce(s.vendor_number, '')",
    )
    _check_administrators(staging, role)


def _check_administrators(staging: Staging, role: str) -> None:
    """One who can sign in is left, and nobody changes their own role or state. The database holds the first."""
    user = "join inventory_ops_user u on u.email = s.email"
    active = "coalesce(s.is_active, true)" if "is_active" in staging.present else "u.is_active"
    administrates = "u.is_active and (u.role = 'admin' or u.is_superuser) and not u.is_service and u.password !~ '^!'"
    stays = f"({active} and ({role} = 'admin' or u.is_superuser))"
    others = f"""select from inventory_ops_user k left join lateral (
            select {stays} as stays from pg_temp.{staging.table} s, inventory_ops_user u
            where u.id = k.id and s.email = k.email limit 1
        ) file on true where {administrates.replace("u.", "k.")} and coalesce(file.stays, true)"""
    staging.errors(
        "role" if "role" in staging.present else "is_active",
        "last_administrator",
        "'This would leave no administrator who can sign in: make another one first'",
        f"{user} where {administrates} and not {stays} and not exists ({others})",
    )
    if staging.actor_id:
        staging.errors(
            "role" if "role" in staging.present else "is_active",
            "own_account",
            "'Nobody changes their own role or state: ask another administrator'",
            f"{user} where u.id = {int(staging.actor_id)}"
            f" and ({role}, {active}) is distinct from (u.role, u.is_active)",
        )


def apply_users(staging: Staging) -> Counts:
    moments = {name: staging.moment(name, zone="m.timezone") for name in ("last_login", "created_at")}
    zone_join = "left join inventory_ops_merchant m on m.vendor_number = s.vendor_number"
    for name, sql in moments.items():
        moments[name] = sql.replace("m.timezone", "coalesce(m.timezone, 'UTC')")
    counts = merge(
        staging,
        table="inventory_ops_user",
        # random bytes behind a !: no password has this hash
        source=f"""select s.line, s.email, coalesce(s.name, '') as name, coalesce(s.role, '') as role,
                coalesce(s.platform_type, '') as platform_type, m.id as merchant_id,
                coalesce(s.is_active, true) as is_active, {moments["last_login"]} as last_login,
                coalesce({moments["created_at"]}, u.created_at, now()) as created_at, now() as updated_at,
                '!' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') as password,
                false as is_superuser, false as is_demo, 0 as session_epoch, '{{}}'::jsonb as preferences
            from pg_temp.{staging.table} s {zone_join} left join inventory_ops_user u on u.email = s.email""",
        key=("email",),
        values={
            "name": "name",
            "role": "role",
            "platform_type": "platform_type",
            "merchant_id": "vendor_number",
            "is_active": "is_active",
            "last_login": "last_login",
            "created_at": "created_at",
        },
        insert_only=("updated_at", "password", "is_superuser", "is_demo", "session_epoch", "preferences"),
        on_change="updated_at = now()",
        returning=(
            "new.id as user_id, new.email, old.role as old_role, new.role as new_role,"
            " old.is_active as was_active, new.is_active as is_active"
        ),
        then=SECURITY_LOG,
    )
    if counts.new or counts.changed:
        by = User.objects.filter(pk=staging.actor_id).first() if staging.actor_id else None
        summary = f"{counts.new} new, {counts.changed} changed"
        security.record(Security.USERS_IMPORTED, user=None, by=by, summary=summary, data={"import": str(staging.batch)})
    return counts
