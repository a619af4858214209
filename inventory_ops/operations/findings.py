"""Findings: scans open, touch and resolve them; people assign, acknowledge, snooze and comment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import BigIntegerField, F, TextField, Value
from django.db.models.functions import Cast, Coalesce

from inventory_ops.kit import showing
from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.kit.reports import Report
from inventory_ops.models import Finding, FindingEvent, User
from inventory_ops.operations import audit
from inventory_ops.operations.notifications import publishing
from inventory_ops.queries.findings import identity_key

log = structlog.get_logger(__name__)


class FindingChanged(Exception):
    """Somebody else changed the finding since it was shown; the message says who and what."""


class InvalidChange(Exception):
    """The change makes no sense as asked; the message says how to correct it."""


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """What a scan did: rows seen, findings opened (or opened again), resolved, and otherwise changed."""

    seen: int = 0
    opened: int = 0
    resolved: int = 0
    changed: int = 0

    def __add__(self, other: ScanCounts) -> ScanCounts:
        return ScanCounts(
            self.seen + other.seen,
            self.opened + other.opened,
            self.resolved + other.resolved,
            self.changed + other.changed,
        )


UPSERT = """
with seen as materialized ({rows}),
before as materialized (
    select f.id, f.key, f.state, f.value, f.currency, f.label from inventory_ops_finding f where f.report = %(report)s
),
upserted as (
    insert into inventory_ops_finding as f
        (report, key, label, merchant_id, state, value, currency, first_seen_at, opened_at, last_seen_at,
         times_opened, reason, version)
    select %(report)s, s.f_key, left(s.f_label, 300), s.f_merchant, 'open', s.f_value, s.f_currency, %(now)s,
         %(now)s, %(now)s,
         1, '', 0
    from seen s left join before b on b.key = s.f_key
    -- rows that are unresolved with the same label and value are left alone: a scan without news writes nothing
    where b.key is null or b.state = 'resolved' or b.value <> s.f_value
       or b.currency <> s.f_currency or b.label <> left(s.f_label, 300)
       or (b.state in ('acknowledged', 'snoozed') and exists (
            select 1 from inventory_ops_finding w where w.id = b.id
            and (w.until <= %(now)s or (w.snoozed_value is not null and s.f_value > w.snoozed_value))))
    on conflict (report, key) do update set
        label = excluded.label, value = excluded.value, currency = excluded.currency,
        merchant_id = excluded.merchant_id, last_seen_at = %(now)s,
        state = case
            when f.state = 'resolved' then 'open'
            when f.state in ('acknowledged', 'snoozed') and (f.until <= %(now)s
                or (f.snoozed_value is not null and excluded.value > f.snoozed_value)) then 'open'
            else f.state end,
        until = case when f.until <= %(now)s then null else f.until end,
        snoozed_value = case when f.snoozed_value is not null and excluded.value > f.snoozed_value then null
            else f.snoozed_value end,
        opened_at = case when f.state = 'resolved' then %(now)s else f.opened_at end,
        times_opened = f.times_opened + (f.state = 'resolved')::int,
        resolved_at = null
    returning f.id, f.key, f.state
),
gone as (
    update inventory_ops_finding f set state = 'resolved', resolved_at = %(now)s, until = null, snoozed_value = null
    where f.report = %(report)s and f.state <> 'resolved'
      and not exists (select 1 from seen s where s.f_key = f.key)
    returning f.id
),
news as (
    select u.id, case when b.key is null then 'opened' when b.state = 'resolved' then 'reopened'
        when b.state <> 'open' and u.state = 'open' then 'woke' end as kind
    from upserted u left join before b on b.key = u.key
    union all select id, 'resolved' from gone
),
logged as (
    insert into inventory_ops_findingevent (finding_id, at, actor, kind, text)
    select id, %(now)s, '', kind, '' from news where kind is not null
    returning kind
)
select (select count(*) from seen),
       (select count(*) from logged where kind in ('opened', 'reopened')),
       (select count(*) from logged where kind = 'resolved'),
       (select count(*) from upserted) - (select count(*) from logged where kind in ('opened', 'reopened'))
"""


def scan_report(report: Report, *, as_of: datetime) -> ScanCounts:
    """Bring the findings of one report in line with its rows: one statement, from the report's own queryset.

    Under the default filters, as the system sees them. Rows whose label and value are unchanged are not written.
    """
    selection = report.select({}, viewer=None, as_of=as_of)
    nobody = Cast(Value(None), BigIntegerField())
    rows = selection.rows.order_by().values(
        f_key=identity_key(report),
        f_label=Cast(report.finding_label, TextField()),
        f_merchant=F(report.merchant_path) if report.merchant_path else nobody,
        f_value=Coalesce(F(report.value_at_risk), Value(0), output_field=MoneyField()),
        f_currency=F(report.currency) if report.currency else Value(""),
    )
    sql, params = rows.query.sql_with_params()
    names = {f"p{index}": value for index, value in enumerate(params)}
    named = sql % tuple(f"%({name})s" for name in names)
    statement = UPSERT.replace("{rows}", named)
    with connection.cursor() as cursor:
        cursor.execute(statement, names | {"report": report.slug, "now": as_of})
        counts = ScanCounts(*cursor.fetchone())
    if counts.opened:
        publishing.publish_opened(report, as_of=as_of)
    return counts


def add_up_totals(reports: list[str]) -> None:
    """One row of totals for each report, merchant, state and currency, in place of one a statement.

    Two at once do no harm.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with several as (
                select report, merchant_id, state, currency from inventory_ops_findingtotal
                where report = any(%(reports)s) group by 1, 2, 3, 4 having count(*) > 1 or sum(count) = 0
            ),
            gone as (
                delete from inventory_ops_findingtotal t using several s
                where t.report = s.report and t.merchant_id is not distinct from s.merchant_id and t.state = s.state
                    and t.currency = s.currency
                returning t.*
            )
            insert into inventory_ops_findingtotal (report, merchant_id, state, currency, count, value)
            select report, merchant_id, state, currency, sum(count), sum(value) from gone
            group by 1, 2, 3, 4 having sum(count) <> 0 or sum(value) <> 0
            """,
            {"reports": reports},
        )


# in the shop's currency; NULL where a rate is missing
WORTH = """case when bool_and(coalesce(t.value, 0) = 0 or f.factor is not null)
    then round(coalesce(sum(t.value * coalesce(f.factor, 0)), 0), 4) end"""


def record_days(*, day: date, reports: list[str]) -> None:
    """Keep the day's number of unresolved findings and their value in the shop's currency: of all merchants, and of
    each."""
    add_up_totals(reports)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            insert into inventory_ops_reportday as d (report, merchant_id, day, open_count, value)
            select r.report, null, %(day)s, coalesce(sum(t.count), 0), {WORTH}
            from unnest(%(reports)s::text[]) r (report)
            left join inventory_ops_findingtotal t on t.report = r.report and t.merchant_id is null
                and t.state in ('open', 'acknowledged')
            left join inventory_ops_currencyfactor f on f.currency = t.currency
            group by r.report
            union all
            select report, merchant_id, %(day)s, sum(count), {WORTH} from inventory_ops_findingtotal t
            left join inventory_ops_currencyfactor f on f.currency = t.currency
            where report = any(%(reports)s) and merchant_id is not null and state in ('open', 'acknowledged')
            group by report, merchant_id having sum(count) > 0
            on conflict (report, merchant_id, day) do update
            set open_count = excluded.open_count, value = excluded.value
            where (d.open_count, d.value) is distinct from (excluded.open_count, excluded.value)
            """,
            {"day": day, "reports": reports},
        )
        # merchants whose last finding of the day went away
        cursor.execute(
            """
            update inventory_ops_reportday d set open_count = 0, value = 0
            where d.day = %(day)s and d.merchant_id is not null and d.open_count > 0 and d.report = any(%(reports)s)
              and not exists (select 1 from inventory_ops_finding f where f.report = d.report
                and f.merchant_id = d.merchant_id and f.state in ('open', 'acknowledged'))
            """,
            {"day": day, "reports": reports},
        )


# -- what people do -------------------------------------------------------------------------------------------------


def _locked(finding: Finding, version: int | None) -> Finding:
    locked = Finding.objects.select_for_update().get(pk=finding.pk)
    if version is not None and locked.version != version:
        last = locked.events.exclude(actor="").order_by("-at").first()
        who = f" by {last.actor} ({last.kind})" if last else ""
        raise FindingChanged(f"“{locked.label}” was changed{who} since you opened it. Look at it again.")
    return locked


def _write(finding: Finding, *, kind: str, text: str, by: User, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(finding, name, value)
    finding.version += 1
    finding.save(update_fields=[*fields, "version"])
    FindingEvent.objects.create(finding=finding, actor=by.email, kind=kind, text=text[:1000])
    audit.record(
        action=f"finding.{kind}",
        by=by,
        subject=finding,
        summary=f"{finding.label}: {text}",
        merchant_id=finding.merchant_id,
    )


def _unresolved(finding: Finding) -> None:
    if finding.state == Finding.State.RESOLVED:
        raise InvalidChange(f"“{finding.label}” is resolved: the last scan no longer saw it.")


@transaction.atomic
def assign(*, finding: Finding, to: User | None, by: User, version: int | None = None) -> None:
    """Make somebody its owner, or nobody."""
    if to is not None and not (to.is_active and to.has_role("operations", "admin")):
        raise InvalidChange(f"{to} cannot be given findings: choose somebody of operations or an administrator.")
    locked = _locked(finding, version)
    _unresolved(locked)
    _write(locked, kind="assign", text=f"to {to}" if to else "to nobody", by=by, assignee=to)


@transaction.atomic
def acknowledge(
    *, finding: Finding, reason: str, until: datetime, by: User, as_of: datetime, version: int | None = None
) -> None:
    """Known and accepted for a time: it stays in the list, and opens again after `until`."""
    if not reason.strip():
        raise InvalidChange("Say why: a reason is needed to acknowledge.")
    if until <= as_of:
        raise InvalidChange("The date until which it is acknowledged must lie ahead.")
    locked = _locked(finding, version)
    _unresolved(locked)
    _write(
        locked,
        kind="acknowledge",
        text=reason.strip(),
        by=by,
        state=Finding.State.ACKNOWLEDGED,
        reason=reason.strip()[:500],
        until=until,
        snoozed_value=None,
    )


@transaction.atomic
def snooze(
    *,
    finding: Finding,
    until: datetime | None,
    until_worse: bool,
    by: User,
    as_of: datetime,
    version: int | None = None,
) -> None:
    """Out of sight until a date, until its value is higher than now, or whichever comes first."""
    if until is None and not until_worse:
        raise InvalidChange("Choose a date, or “until it gets worse”.")
    if until is not None and until <= as_of:
        raise InvalidChange("The date until which it sleeps must lie ahead.")
    locked = _locked(finding, version)
    _unresolved(locked)
    _write(
        locked,
        kind="snooze",
        text=" or ".join(
            filter(
                None,
                [
                    f"until {showing.local(until):%Y-%m-%d}" if until else "",
                    "until it gets worse" if until_worse else "",
                ],
            )
        ),
        by=by,
        state=Finding.State.SNOOZED,
        until=until,
        snoozed_value=locked.value if until_worse else None,
    )


@transaction.atomic
def reopen(*, finding: Finding, by: User, version: int | None = None) -> None:
    """Take back an acknowledgement or a snooze."""
    locked = _locked(finding, version)
    _unresolved(locked)
    _write(locked, kind="reopen", text="", by=by, state=Finding.State.OPEN, until=None, snoozed_value=None)


@transaction.atomic
def comment(*, finding: Finding, text: str, by: User) -> None:
    """Say something about it."""
    if not text.strip():
        raise InvalidChange("The comment is empty.")
    _write(_locked(finding, None), kind="comment", text=text.strip(), by=by)
