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
# we read live after an action must not be undone by it. A row read live after the scan began is left alone.
UPSERT = """
insert into user_audit_iamuser as i (
    account_id, iam_id, user_name, arn, path, created_at, email, email_digest, tags, groups, policies, inline_policies,
    boundary, deny, is_admin, is_quarantined, protected_because, credentials_known, credentials_at, has_password,
    has_mfa, password_last_used_at, active_key_count, active_other_count, oldest_key_at, key_last_used_at,
    link, recreated, read_at, changed_at)
select %(account)s, s.iam_id, s.user_name, s.arn, s.path, s.created_at, s.email, s.email_digest, s.tags, s.groups,
    s.policies, s.inline_policies, s.boundary, s.deny, s.is_admin, s.is_quarantined, s.protected_because,
    s.credentials_known, %(report)s, s.has_password, s.has_mfa, s.password_last_used_at, s.active_key_count,
    s.active_certificate_count, s.oldest_key_at, s.key_last_used_at, '',
    exists (select 1 from user_audit_iamuser o where o.account_id = %(account)s and o.iam_id <> s.iam_id
            and lower(o.user_name) = lower(s.user_name)),
    %(started)s, %(now)s
from user_audit_iamsnapshot s where s.scan_id = %(scan)s
on conflict (account_id, iam_id) do update set
    user_name = excluded.user_name, arn = excluded.arn, path = excluded.path, email = excluded.email,
    email_digest = excluded.email_digest, tags = excluded.tags, groups = excluded.groups,
    policies = excluded.policies, inline_policies = excluded.inline_policies, boundary = excluded.boundary,
    deny = excluded.deny, is_admin = excluded.is_admin, is_quarantined = excluded.is_quarantined,
    protected_because = excluded.protected_because,
    credentials_known = case when i.credentials_at > %(report)s then i.credentials_known
                             else excluded.credentials_known end,
    has_password = case when i.credentials_at > %(report)s then i.has_password else excluded.has_password end,
    has_mfa = case when i.credentials_at > %(report)s then i.has_mfa else excluded.has_mfa end,
    active_key_count = case when i.credentials_at > %(report)s then i.active_key_count
                            else excluded.active_key_count end,
    active_other_count = case when i.credentials_at > %(report)s then i.active_other_count
                              else excluded.active_other_count end,
    oldest_key_at = case when i.credentials_at > %(report)s then i.oldest_key_at else excluded.oldest_key_at end,
    credentials_at = greatest(i.credentials_at, excluded.credentials_at),
    password_last_used_at = greatest(i.password_last_used_at, excluded.password_last_used_at),
    key_last_used_at = greatest(i.key_last_used_at, excluded.key_last_used_at),
    recreated = excluded.recreated, gone_at = null, read_at = excluded.read_at,
    changed_at = case when (i.user_name, i.deny, i.policies, i.groups, i.tags, i.has_password, i.active_key_count)
        is distinct from (excluded.user_name, excluded.deny, excluded.policies, excluded.groups, excluded.tags,
                          excluded.has_password, excluded.active_key_count) then %(now)s else i.changed_at end
where i.read_at <= %(started)s
"""

# Confirmed links stay. Else the e-mail decides, and only a unique hit links without a doubt.
LINK = """
with hits as (
    select i.id, u.id as user_id, count(*) over (partition by i.account_id, u.id) as claims
    from user_audit_iamuser i
    join inventory_ops_user u on i.email <> '' and lower(u.email) = lower(i.email)
    where i.gone_at is null and i.link <> 'confirmed'
      and not exists (select 1 from user_audit_iamuser c where c.link = 'confirmed' and c.account_id = i.account_id
                      and c.user_id = u.id and c.gone_at is null)
), wanted as (
    select i.id, h.user_id,
        case when h.user_id is null then '' when h.claims > 1 then 'ambiguous' else 'matched' end as link
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
        cursor.execute("analyze user_audit_iamsnapshot")
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
