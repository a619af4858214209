"""Findings: scans open, touch and resolve them; people assign, acknowledge, snooze and comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import BigIntegerField, F, TextField, Value
from django.db.models.functions import Cast, Coalesce

from inventory_ops.kit import showing, undo
from inventory_ops.kit.db import locks
from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.db.expressions import these
from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.kit.reports import Report
from inventory_ops.models import Finding, FindingEvent, User
from inventory_ops.operations import audit, automation
from inventory_ops.operations.notifications import publishing
from inventory_ops.queries.findings import identity_key
from inventory_ops.registries.permissions import ADMIN, OPERATIONS

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
    select f.id, f.key, f.state, f.value, f.currency, f.label from inventory_ops_finding f
    where f.report = %(report)s {of_these}
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
        -- a reason is that of the acknowledgement in force; what was said before stays in the events
        reason = case when f.state = 'resolved' or f.until <= %(now)s then '' else f.reason end,
        until = case when f.until <= %(now)s then null else f.until end,
        snoozed_value = case when f.snoozed_value is not null and excluded.value > f.snoozed_value then null
            else f.snoozed_value end,
        opened_at = case when f.state = 'resolved' then %(now)s else f.opened_at end,
        times_opened = f.times_opened + (f.state = 'resolved')::int,
        resolved_at = null
    returning f.id, f.key, f.state, f.value
),
gone as (
    update inventory_ops_finding f set state = 'resolved', resolved_at = %(now)s, until = null, snoozed_value = null,
        due_on = null
    where f.report = %(report)s and f.state <> 'resolved' {of_these}
      and not exists (select 1 from seen s where s.f_key = f.key)
    returning f.id, f.value
),
news as (
    select u.id, u.value, case when b.key is null then 'opened' when b.state = 'resolved' then 'reopened'
        when b.state <> 'open' and u.state = 'open' then 'woke' end as kind
    from upserted u left join before b on b.key = u.key
    union all select id, value, 'resolved' from gone
),
logged as (
    insert into inventory_ops_findingevent (finding_id, at, actor, kind, text, value)
    select id, %(now)s, '', kind, '', value from news where kind is not null
    returning kind
)
select (select count(*) from seen),
       (select count(*) from logged where kind in ('opened', 'reopened')),
       (select count(*) from logged where kind = 'resolved'),
       (select count(*) from upserted) - (select count(*) from logged where kind in ('opened', 'reopened'))
"""


def scan_report(report: Report, *, as_of: datetime, only: Sequence[int] | None = None) -> ScanCounts:
    """Bring the findings of one report in line with its rows: one statement, from the report's own queryset.

    Under the default filters, as the system sees them. Rows whose label and value are unchanged are not written. `only`
    are ids of the only rows to look at; then `seen` counts those.
    """
    locks.wait_for(f"findings of {report.slug}")  # who read the rows earlier also writes earlier
    rows, params = rows_to_find(report, as_of=as_of, only=only)
    of_these = "" if only is None else "and f.key = any(%(only)s)"
    statement = UPSERT.replace("{rows}", rows).replace("{of_these}", of_these)
    params |= {"report": report.slug, "now": as_of, "only": None if only is None else list(map(str, only))}
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        counts = ScanCounts(*cursor.fetchone())
    if counts.opened:
        automation.apply(report, as_of=as_of)
        publishing.publish_opened(report, as_of=as_of)
    return counts


def rows_to_find(report: Report, *, as_of: datetime, only: Sequence[int] | None = None) -> tuple[str, dict[str, Any]]:
    """SQL, with its parameters, of what the findings of a report are made from: f_key, f_label, f_merchant, f_value and
    f_currency of each row."""
    found = report.select(report.scanned, viewer=None, as_of=as_of).rows
    if only is not None:
        found = found.filter(**{f"{report.identity[0]}__in": these(only)})
    nobody = Cast(Value(None), BigIntegerField())
    rows = found.order_by().values(
        f_key=identity_key(report),
        f_label=Cast(report.finding_label, TextField()),
        f_merchant=F(report.merchant_path) if report.merchant_path else nobody,
        f_value=Coalesce(F(report.value_at_risk), Value(0), output_field=MoneyField()),
        f_currency=F(report.currency) if report.currency else Value(""),
    )
    sql, params = sql_of(rows)
    names = {f"p{index}": value for index, value in enumerate(params)}
    return sql % tuple(f"%({name})s" for name in names), names


# -- what people do -------------------------------------------------------------------------------------------------


def _locked(finding: Finding, version: int | None) -> Finding:
    locked = Finding.objects.select_for_update().get(pk=finding.pk)
    if version is not None and locked.version != version:
        last = locked.events.exclude(actor="").order_by("-at").first()
        who = f" by {last.actor} ({last.kind})" if last else ""
        raise FindingChanged(f"“{locked.label}” was changed{who} since you opened it. Look at it again.")
    return locked


def _column(name: str) -> Any:
    return Finding._meta.get_field(name)


def _write(finding: Finding, *, kind: str, text: str, by: User, **fields: Any) -> None:
    before = {column.attname: getattr(finding, column.attname) for column in map(_column, fields)}
    for name, value in fields.items():
        setattr(finding, name, value)
    finding.version += 1
    finding.save(update_fields=[*fields, "version"])
    FindingEvent.objects.create(finding=finding, actor=by.email, kind=kind, text=text[:1000], value=finding.value)
    audit.record(
        action=f"finding.{kind}",
        by=by,
        subject=finding,
        summary=f"{finding.label}: {text}",
        merchant_id=finding.merchant_id,
    )
    if before:
        undo.note("finding", finding=finding.pk, version=finding.version, before=before)


def _unresolved(finding: Finding) -> None:
    if finding.state == Finding.State.RESOLVED:
        raise InvalidChange(f"“{finding.label}” is resolved: the last scan no longer saw it.")


@transaction.atomic
def assign(*, finding: Finding, to: User | None, by: User, version: int | None = None) -> None:
    """Make somebody its owner, or nobody."""
    if to is not None and not (to.is_active and to.has_role(OPERATIONS, ADMIN)):
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
        text=f"{reason.strip()} (until {showing.local(until):%Y-%m-%d})",
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
        reason="",
    )


@transaction.atomic
def reopen(*, finding: Finding, by: User, version: int | None = None) -> None:
    """Take back an acknowledgement or a snooze."""
    locked = _locked(finding, version)
    _unresolved(locked)
    _write(locked, kind="reopen", text="", by=by, state=Finding.State.OPEN, until=None, snoozed_value=None, reason="")


@transaction.atomic
def take_back(*, finding: Finding, before: Mapping[str, Any], version: int, by: User) -> None:
    """Make it as it was `before` a change that left it at `version`; values are those of the columns, or their texts.

    Raises FindingChanged where somebody changed it since.
    """
    locked = _locked(finding, version)
    _unresolved(locked)
    values = {name: _column(name).to_python(value) for name, value in before.items()}
    _write(locked, kind="undo", text="", by=by, **values)


@transaction.atomic
def set_due(*, finding: Finding, on: date | None, by: User, as_of: datetime, version: int | None = None) -> None:
    """Say by when it has to be done, or (None) that there is no such day."""
    if on is not None and on < showing.local(as_of).date():
        raise InvalidChange("The day it is due must not lie in the past.")
    locked = _locked(finding, version)
    _unresolved(locked)
    _write(locked, kind="due", text=f"on {on:%Y-%m-%d}" if on else "no longer", by=by, due_on=on)


@transaction.atomic
def note(*, finding: Finding, kind: str, text: str, by: User, version: int | None = None) -> None:
    """Something was done about it that another operation keeps: it stands in the finding's history, too."""
    _write(_locked(finding, version), kind=kind, text=text, by=by)


@transaction.atomic
def comment(*, finding: Finding, text: str, by: User) -> None:
    """Say something about it."""
    if not text.strip():
        raise InvalidChange("The comment is empty.")
    _write(_locked(finding, None), kind="comment", text=text.strip(), by=by)
