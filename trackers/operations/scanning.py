"""The health scan: dirty pairs, trackers of merchants whose day turned, alerts whose snooze ended; all trackers once
a day, on demand, and where too much changed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from inventory_ops.operations import rescans
from inventory_ops.operations.findings import ScanCounts
from trackers.models import DirtyPair, HealthScan, Tracker
from trackers.operations import health
from trackers.queries import evaluation, kept_trackers

MOST_PAIRS = 20_000  # more are not looked at one by one: all trackers are evaluated
MOST_ROUNDS = 10
LATE = timedelta(minutes=5)  # what began so long before a day turned may still be written for the day before
# vendors on whose calendar two moments are of different days
TURNED = """
select id from inventory_ops_merchant
where (%(before)s::timestamptz at time zone timezone)::date <> (%(as_of)s::timestamptz at time zone timezone)::date
"""
DIFFERENCES = """
select 'tracker ' || n.id || ' is kept as ' || t.health || ' (' || t.state || '), what it reads makes ' || n.health
    || ' (' || n.state || ')'
from ({evaluation}) n join trackers_tracker t on t.id = n.id
where t.evaluated_at is not null and t.merchant_id not in ({turned})
  and (t.product_id, t.inventory_type_id) not in (select product_id, inventory_type_id from trackers_dirtypair)
order by n.id limit %(most)s
"""


def scan(as_of: datetime, whole: bool = False) -> ScanCounts:
    """Bring every tracker to `as_of`, as `health.evaluate_all` does, and leave the same. Writes only what changed."""
    last = HealthScan.objects.first()
    counts = None if whole else _by_changes(last, as_of)
    if counts is not None:
        HealthScan.objects.update(as_of=as_of)
        return counts
    counts = health.evaluate_all(as_of)
    if rescans.is_now(as_of):
        HealthScan.objects.update_or_create(pk=1, defaults={"as_of": as_of, "whole_on": as_of.date()})
    return counts


def _by_changes(last: HealthScan | None, as_of: datetime) -> ScanCounts | None:
    """What was changed, found by notes and by the clock; None when all trackers have to be evaluated."""
    if last is None or not rescans.may_follow(last.as_of, as_of, whole_on=last.whole_on):
        return None
    if DirtyPair.objects.all()[: MOST_PAIRS + 1].count() > MOST_PAIRS:
        return None
    counts = _of_turned_days(last.as_of - LATE, as_of)
    if counts is None:
        return None
    # those that somebody evaluates at the same time are dirty once more
    for _round in range(MOST_ROUNDS):
        found = health.evaluate_dirty(as_of=as_of)
        if not found.seen:
            break
        counts += found
    health.alert("t.snoozed_until <= %(as_of)s", {}, as_of=as_of)
    seen = Tracker.objects.filter(is_enabled=True).count()
    return ScanCounts(seen, counts.opened, counts.resolved, counts.changed)


def _of_turned_days(before: datetime, as_of: datetime) -> ScanCounts | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"select array(select id from ({TURNED}) t), (select count(*) from inventory_ops_merchant)",
            {"before": before, "as_of": as_of},
        )
        turned, merchants = cursor.fetchone()
    if not turned:
        return ScanCounts()
    if len(turned) == merchants:
        return None
    return health.evaluate_where("t.merchant_id = any(%(merchants)s)", {"merchants": turned}, as_of=as_of)


def differences(*, as_of: datetime, most: int) -> list[str]:
    """Trackers that a scan by changes at `as_of` would leave otherwise than one of all: a line for each. On one
    snapshot: what is changed meanwhile is no difference."""
    last = HealthScan.objects.first()
    if last is None or last.as_of > as_of:
        return []
    statement = DIFFERENCES.replace("{evaluation}", evaluation(kept_trackers("true"), changed=True))
    values: dict[str, Any] = {"before": last.as_of - LATE, "as_of": as_of, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{turned}", TURNED), values)
        return [line for (line,) in cursor.fetchall()]
