"""Scans by what changed: the rows that are noted since the last scan, those that time alone changed, and findings that
wake. All rows are read once a day, on demand, and where too much changed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.reports import Report, registry
from inventory_ops.models import FindingTotal, ReportScan, ScanChange
from inventory_ops.operations import findings
from inventory_ops.operations.findings import ScanCounts

log = structlog.get_logger(__name__)

MOST_KEYS = 20_000  # more are not looked at one by one: all rows are read again
PAST = timedelta(minutes=1)  # a moment so long ago is not now

# asleep or acknowledged, though it is time, or it got worse
WOKEN = """
select f.row_id from inventory_ops_finding f where f.report = %(report)s and f.until <= %(now)s
union all select f.row_id from inventory_ops_finding f where f.report = %(report)s and f.value > f.snoozed_value
"""
DIFFERENCES = """
with seen as materialized ({rows}), changed as materialized (
    select key from inventory_ops_scanchange where report = %(report)s union all ({turned}) union all {woken}
), kept as materialized (
    select f.key, f.row_id, f.value, f.currency, f.label from inventory_ops_finding f
    where f.report = %(report)s and f.state <> 'resolved'
)
select case when k.key is null then 'row ' || s.f_key || ' has no finding'
            when s.f_key is null then 'the finding of ' || k.label || ' (' || k.key || ') has no row any more'
            else 'the finding of ' || k.label || ' (' || k.key || ') is not what its row says' end
from seen s full join kept k on k.key = s.f_key
where (s.f_key is null or k.key is null
       or (k.value, k.currency, k.label) is distinct from (s.f_value, s.f_currency, left(s.f_label, 300)))
  and not exists (select from changed where key = 0)
  and coalesce(k.row_id, s.f_key::bigint) not in (select key from changed where key is not null)
limit %(most)s
"""


@transaction.atomic
def scan(report: Report, *, as_of: datetime, whole: bool = False) -> ScanCounts:
    """Bring a report's findings in line with its rows, as `findings.scan_report` does, and leave the same.

    Reads only what may have changed where that is known; `whole` reads all rows whatever is known.
    """
    as_of = as_of.astimezone(UTC)  # windows of months begin where that of the last scan did
    last = ReportScan.objects.select_for_update().filter(report=report.slug).first()
    keys = None if whole else _changed(report, last, as_of)
    # From here on every statement sees at least what the notes taken above were about.
    if keys is not None:
        counts = findings.scan_report(report, as_of=as_of, only=keys) if keys else ScanCounts()
        ReportScan.objects.filter(report=report.slug).update(as_of=as_of)
        return ScanCounts(_unresolved(report), counts.opened, counts.resolved, counts.changed)
    is_proof = whole or (last is not None and last.whole_on != as_of.date())
    if is_proof and (missed := differences(report, as_of=as_of, most=1)):
        log.error("scan_by_changes_missed", report=report.slug, first=missed[0])
    ScanChange.objects.filter(report=report.slug).delete()
    counts = findings.scan_report(report, as_of=as_of)
    if report.turned(as_of, as_of) is not None:
        _remember(report, as_of)
    return counts


def may_follow(last: datetime, as_of: datetime, *, whole_on: date) -> bool:
    """Is the scan of `last` a base for one of `as_of`? On a day (UTC) other than `whole_on` none has read all rows."""
    return whole_on == as_of.date() and last <= as_of and is_now(as_of)


def is_now(as_of: datetime) -> bool:
    """What was at a moment of the past is no base for the next scan."""
    return as_of >= timezone.now() - PAST


def _remember(report: Report, as_of: datetime) -> None:
    if not is_now(as_of):
        ReportScan.objects.filter(report=report.slug).delete()
        return
    values = {"as_of": as_of, "whole_on": as_of.date()}
    ReportScan.objects.update_or_create(report=report.slug, defaults=values)


def _changed(report: Report, last: ReportScan | None, as_of: datetime) -> list[int] | None:
    """Ids of the rows to look at, whose notes are deleted; None where all have to be read."""
    if last is None or not may_follow(last.as_of, as_of, whole_on=last.whole_on):
        return None
    turned = report.turned(last.as_of, as_of)
    noted = ScanChange.objects.filter(report=report.slug)
    if turned is None or noted[: MOST_KEYS + 1].count() > MOST_KEYS:
        return None
    with connection.cursor() as cursor:
        cursor.execute("delete from inventory_ops_scanchange where report = %s returning key", [report.slug])
        keys = {key for (key,) in cursor.fetchall()}
        cursor.execute(WOKEN, {"report": report.slug, "now": as_of})
        keys.update(key for (key,) in cursor.fetchall() if key is not None)
    keys.update(turned[: MOST_KEYS + 1])
    return None if ScanChange.EVERY_ROW in keys or len(keys) > MOST_KEYS else sorted(keys)


def _unresolved(report: Report) -> int:
    """Each row has an unresolved finding, and no other has one."""
    totals = FindingTotal.objects.filter(report=report.slug, merchant_id=None).exclude(state="resolved")
    return int(sum(totals.values_list("count", flat=True)))


def differences(report: Report, *, as_of: datetime, most: int) -> list[str]:
    """Findings that a scan by changes at `as_of` would leave otherwise than one of all rows: a line for each. On one
    snapshot: what is changed meanwhile is no difference."""
    last = ReportScan.objects.filter(report=report.slug).first()
    turned = report.turned(last.as_of, as_of) if last else None
    if last is None or turned is None or last.as_of > as_of:
        return []
    rows, params = findings.rows_to_find(report, as_of=as_of)
    sql, given = sql_of(turned)
    names = {f"t{index}": value for index, value in enumerate(given)}
    statement = DIFFERENCES.replace("{rows}", rows).replace("{woken}", WOKEN)
    statement = statement.replace("{turned}", sql % tuple(f"%({name})s" for name in names))
    values: dict[str, Any] = {"report": report.slug, "now": as_of, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(statement, params | names | values)
        return [line for (line,) in cursor.fetchall()]


def all_differences(*, most: int) -> list[str]:
    """Those of all reports whose scans go by what changed, as of now."""
    now = timezone.now()
    return [f"{report.slug}: {line}" for report in registry for line in differences(report, as_of=now, most=most)]
