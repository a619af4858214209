"""The set-based part of a scan: from the snapshot to what is known of IAM users. All in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

COLUMNS = (
    "scan_id, iam_id, user_name, arn, path, created_at, email, email_digest, tags, groups, policies, inline_policies, "
    "boundary, deny, is_admin, is_quarantined, protected_because, credentials_known, has_password, has_mfa, "
    "password_last_used_at, active_key_count, active_certificate_count, oldest_key_at, key_last_used_at"
)

MARK_GONE = """
update user_audit_iamuser i set gone_at = %(now)s, changed_at = %(now)s
where i.account_id = %(account)s and i.gone_at is null and i.read_at <= %(started)s
  and not exists (select 1 from user_audit_iamsnapshot s where s.scan_id = %(scan)s and s.iam_id = i.iam_id)
"""

# Facts of the credential report count only where we know nothing younger: the report may be four hours old, and what
# we read live after an action must not be undone by it. A row read live after the scan began is left alone, and so is
# one about which there is no news: that it was seen follows from the scan.
FACTS = (
    "user_name, arn, path, email, email_digest, tags, groups, policies, inline_policies, boundary, deny, is_admin, "
    "is_quarantined, protected_because"
)
CREDENTIALS = "credentials_known, has_password, has_mfa, active_key_count, active_other_count, oldest_key_at"
USE = "password_last_used_at, key_last_used_at"
KNOWN = "(w.known)"  # the row that was kept so far


def _columns(names: str, table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in names.split(", "))


def _set(names: str) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names.split(", "))


UPSERT = f"""
with named as (
    select lower(user_name) as name, min(iam_id) as first, max(iam_id) as last
    from user_audit_iamuser where account_id = %(account)s group by 1
), told as (
    select s.*, s.active_certificate_count as active_other_count, i as known,
        coalesce(i.credentials_at > %(report)s, false) as is_old
    from user_audit_iamsnapshot s
    left join user_audit_iamuser i on i.account_id = %(account)s and i.iam_id = s.iam_id
    where s.scan_id = %(scan)s and (i.id is null or i.read_at <= %(started)s)
), wanted as (
    select t.iam_id, t.created_at, t.known, {_columns(FACTS, "t")},
        {", ".join(f"case when t.is_old then (t.known).{n} else t.{n} end as {n}" for n in CREDENTIALS.split(", "))},
        {", ".join(f"greatest((t.known).{n}, t.{n}) as {n}" for n in USE.split(", "))},
        greatest((t.known).credentials_at, %(report)s) as credentials_at,
        coalesce(n.first <> t.iam_id or n.last <> t.iam_id, false) as recreated
    from told t left join named n on n.name = lower(t.user_name)
), news as (
    select w.* from wanted w
    where (w.known).id is null or (w.known).gone_at is not null
       or ({_columns(FACTS, KNOWN)}, {_columns(CREDENTIALS, KNOWN)}, {_columns(USE, KNOWN)}, {KNOWN}.recreated)
          is distinct from
          ({_columns(FACTS, "w")}, {_columns(CREDENTIALS, "w")}, {_columns(USE, "w")}, w.recreated)
)
insert into user_audit_iamuser (
    account_id, iam_id, created_at, {FACTS}, {CREDENTIALS}, {USE}, credentials_at, recreated, link, read_at, changed_at)
select %(account)s, iam_id, created_at, {FACTS}, {CREDENTIALS}, {USE}, credentials_at, recreated, '', %(started)s,
    %(now)s
from news
on conflict (account_id, iam_id) do update set
    {_set(FACTS)}, {_set(CREDENTIALS)}, {_set(USE)}, credentials_at = excluded.credentials_at,
    recreated = excluded.recreated, gone_at = null, read_at = excluded.read_at, changed_at = %(now)s
"""

# Confirmed links stay. Else the e-mail decides, and only a unique hit links without a doubt. A person who was given
# the e-mail after the IAM user was made is in doubt, too: until somebody confirms it, an orphan stays one.
LINK = """
with hits as (
    select i.id, u.id as user_id, count(*) over (partition by i.account_id, u.id) as claims,
        coalesce(u.email_changed_at > i.created_at, false) as is_late
    from user_audit_iamuser i
    join inventory_ops_user u on i.email <> '' and lower(u.email) = lower(i.email)
    where i.gone_at is null and i.link <> 'confirmed'
      and not exists (select 1 from user_audit_iamuser c where c.link = 'confirmed' and c.account_id = i.account_id
                      and c.user_id = u.id and c.gone_at is null)
), wanted as (
    select i.id, h.user_id,
        case when h.user_id is null then '' when h.claims > 1 or h.is_late then 'ambiguous' else 'matched' end as link
    from user_audit_iamuser i left join hits h on h.id = i.id
    where i.link <> 'confirmed' and i.gone_at is null
)
update user_audit_iamuser i set user_id = w.user_id, link = w.link
from wanted w
where w.id = i.id and (i.user_id, i.link) is distinct from (w.user_id, w.link)
"""


@dataclass(frozen=True)
class Reconciled:
    """Counts of rows."""

    gone: int
    written: int
    linked: int


def copy_snapshot(rows: Iterable[Sequence[Any]]) -> None:
    """COPY of the rows, in the order of COLUMNS."""
    with connection.cursor() as cursor, cursor.copy(f"copy user_audit_iamsnapshot ({COLUMNS}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def reconcile(*, scan_id: int, account_id: str, started: Any, report: Any, now: Any) -> Reconciled:
    """Brings the IAM users of one account in line with the snapshot, then links all to platform users."""
    values = {"scan": scan_id, "account": account_id, "started": started, "report": report, "now": now}
    with connection.cursor() as cursor:
        cursor.execute("analyze user_audit_iamsnapshot (scan_id, iam_id)")  # what it is joined by
        cursor.execute(MARK_GONE, values)
        gone = cursor.rowcount
        cursor.execute(UPSERT, values)
        written = cursor.rowcount
        cursor.execute(LINK)
        linked = cursor.rowcount
        cursor.execute("delete from user_audit_iamsnapshot where scan_id <= %s", [scan_id])
    return Reconciled(gone, written, linked)


def link() -> int:
    """Links IAM users to platform users that came or went since the scan; the number of changes."""
    with connection.cursor() as cursor:
        cursor.execute(LINK)
        return int(cursor.rowcount)
