"""What the role that the product runs as may do: write rows, but own nothing, and change nothing that is append-only.

What is append-only is read from the triggers that refuse it, so that a new table is covered by its guard.
"""

from __future__ import annotations

from django.db import connection, transaction

# (kind of command, its bit in pg_trigger.tgtype) of unconditional triggers that refuse it
COMMANDS = {"update": 16, "delete": 8}
REFUSERS = ("inventory_ops_refuse_change", "inventory_ops_only_withdraw")
GUARDED = """
select c.oid::regclass::text, bit_or(t.tgtype::integer), bool_or(p.proname = 'inventory_ops_only_withdraw')
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_proc p on p.oid = t.tgfoid
where not t.tgisinternal and t.tgqual is null and p.proname = any(%s)
  and c.relnamespace = 'public'::regnamespace and not c.relispartition
group by c.oid
"""
PARTITIONS = """
select oid::regclass::text from pg_class
where relispartition and relkind = 'r' and relnamespace = 'public'::regnamespace
"""
DEFINERS = """
select oid::regprocedure::text from pg_proc where prosecdef and pronamespace = 'public'::regnamespace
"""
READ_ONLY = ("django_migrations",)


class CannotGrant(Exception):
    """Nothing was granted; the message says why."""


@transaction.atomic
def grant(role: str) -> int:
    """Give `role` what the product needs and take everything else; run by the owner. Answers how many tables.

    Raises CannotGrant for a role that does not exist, or one for which grants mean nothing.
    """
    if not role.isascii() or "\0" in role:
        raise CannotGrant("The name of a role is plain text, like ops_app.")
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolname = current_user from pg_roles where rolname = %s", [role])
        found = cursor.fetchone()
        if found is None:
            raise CannotGrant(f"There is no role {role}. Make it first: deploy/postgres/10-roles.sh shows how.")
        if any(found):
            raise CannotGrant(f"{role} is a superuser or the owner itself: the product would own its tables.")
        to = connection.ops.quote_name(role)
        cursor.execute(f"grant usage on schema public to {to}")
        cursor.execute(f"revoke all on all tables in schema public from {to}")
        # maintain: an import renews the statistics of the tables it filled
        cursor.execute(f"grant select, insert, update, delete, maintain on all tables in schema public to {to}")
        cursor.execute(f"grant usage, select on all sequences in schema public to {to}")
        for table in READ_ONLY:
            cursor.execute(f"revoke insert, update, delete on {table} from {to}")
        cursor.execute(GUARDED, [list(REFUSERS)])
        for table, events, can_be_withdrawn in cursor.fetchall():
            for command, bit in COMMANDS.items():
                if events & bit:
                    cursor.execute(f"revoke {command} on {table} from {to}")
            if can_be_withdrawn:
                cursor.execute(f"grant update (withdrawn_at) on {table} to {to}")
        cursor.execute(PARTITIONS)
        for (table,) in cursor.fetchall():  # rows come by the table above them
            cursor.execute(f"revoke insert, update, delete on {table} from {to}")
        cursor.execute(DEFINERS)
        for (function,) in cursor.fetchall():
            cursor.execute(f"revoke all on function {function} from public")
            cursor.execute(f"grant execute on function {function} to {to}")
        cursor.execute(
            "select count(*) from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        )
        return int(cursor.fetchone()[0])
